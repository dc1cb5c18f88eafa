import { execFile, execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./files.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait.ts";

const execute = promisify(execFile);

/** Why a test with Slurm is skipped; null where it can run. */
export const noSlurm = ((): string | null => {
  if (process.getuid?.() !== 0) return "only root can start Slurm's daemons";
  try {
    for (const program of ["munged", "slurmctld", "slurmd", "sbatch"]) execFileSync("which", [program]);
    return null;
  } catch {
    return "Slurm is not installed: apt-get install slurm-wlm munge";
  }
})();

/** A real Slurm cluster whose one node is this machine, with its own ports and folders. */
export class TestSlurm {
  readonly #folder: string;
  readonly #remove: () => Promise<void>;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #daemons: ChildProcess[] = [];

  private constructor(folder: string, remove: () => Promise<void>) {
    this.#folder = folder;
    this.#remove = remove;
    this.#environment = { PATH: process.env.PATH, HOME: folder, SLURM_CONF: join(folder, "slurm.conf") };
  }

  static async start(): Promise<TestSlurm> {
    const { path, remove } = await temporaryFolder();
    const slurm = new TestSlurm(path, remove);
    const at = (name: string) => join(path, name);
    const socket = at("munge.socket");
    await writeFile(at("munge.key"), Buffer.alloc(1024, "a key of a test"), { mode: 0o600 });
    for (const folder of ["state", "spool"]) await mkdir(at(folder));
    const settings = {
      ClusterName: "test",
      SlurmctldHost: `${hostname()}(127.0.0.1)`,
      SlurmctldPort: await freePort(),
      SlurmdPort: await freePort(),
      SlurmUser: "root",
      SlurmdUser: "root",
      AuthType: "auth/munge",
      AuthInfo: `socket=${socket}`,
      CredType: "cred/munge",
      StateSaveLocation: at("state"),
      SlurmdSpoolDir: at("spool"),
      SlurmctldPidFile: at("slurmctld.pid"),
      SlurmdPidFile: at("slurmd.pid"),
      // Without control groups, which a test must not change.
      ProctrackType: "proctrack/pgid",
      TaskPlugin: "task/none",
      JobAcctGatherType: "jobacct_gather/none",
      MpiDefault: "none",
      ReturnToService: 2,
      SelectType: "select/cons_tres",
      SelectTypeParameters: "CR_Core",
    };
    const lines = [
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      // As many CPUs as a job may ask for, however small this machine is.
      `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN`,
      "SlurmdParameters=config_overrides",
      `PartitionName=all Nodes=${hostname()} Default=YES MaxTime=INFINITE State=UP`,
      "",
    ];
    await writeFile(at("slurm.conf"), lines.join("\n"));
    slurm.#spawn(
      "munged",
      [
        "--foreground",
        "--force",
        ...["key", "socket", "pid", "seed", "log"].map((name) => `--${name}-file=${at(`munge.${name}`)}`),
      ].map((word) => word.replace("--socket-file", "--socket")),
    );
    await waitFor("munge to answer", () => execute("munge", ["--no-input", `--socket=${socket}`]));
    slurm.#spawn("slurmctld", ["-D", "-f", at("slurm.conf")]);
    slurm.#spawn("slurmd", ["-D", "-f", at("slurm.conf"), "-N", hostname()]);
    await waitFor("the node to be idle", async () => {
      const state = await slurm.run("sinfo", ["--noheader", "--format=%T"]);
      if (state !== "idle") throw new Error(`it is ${state}: ${slurm.log}`);
      return true;
    });
    return slurm;
  }

  /** What its daemons have printed. */
  log = "";

  /** Runs a command of Slurm, and gives what it prints. */
  async run(command: string, words: string[], environment: Record<string, string> = {}): Promise<string> {
    const env = { ...this.#environment, ...environment };
    return (await execute(command, words, { env, cwd: this.#folder })).stdout.trim();
  }

  /** Submits a script, and gives the number of its job. */
  submit(words: string[], environment: Record<string, string>): Promise<string> {
    return this.run("sbatch", ["--parsable", ...words], environment);
  }

  /** The state of a job, such as COMPLETED, with its exit code. */
  async state(job: string): Promise<string> {
    const shown = await this.run("scontrol", ["show", "job", job]);
    return `${/JobState=(\S+)/.exec(shown)?.[1]} ${/ExitCode=(\S+)/.exec(shown)?.[1]}`;
  }

  /** What a job has printed. */
  output(job: string): Promise<string> {
    return readFile(join(this.#folder, `slurm-${job}.out`), "utf8").catch(() => "");
  }

  async close(): Promise<void> {
    await this.run("scancel", ["--user=root"]).catch(() => {});
    for (const daemon of this.#daemons.reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await ended;
    }
    await this.#remove();
  }

  #spawn(program: string, words: string[]): void {
    const child = spawn(program, words, { env: this.#environment, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => (this.log += piece.toString()));
    this.#daemons.push(child);
  }
}
