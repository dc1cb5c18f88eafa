import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireDocker, testImage } from "./docker.ts";
import { waitFor } from "./wait.ts";

const execute = promisify(execFile);

/** An engine takes a second to start, on a busy machine much longer. */
const maxStartMs = 120_000;

/**
 * A Docker engine of a test alone, with the test image. It touches no network of the machine. Its container runtime is a script,
 * which a test can take away: then the engine answers everything and starts nothing.
 */
export class OwnEngine {
  /** Value for DOCKER_HOST. */
  readonly host: string;
  readonly #runtime: string;
  readonly #end: () => Promise<void>;

  private constructor(host: string, runtime: string, end: () => Promise<void>) {
    this.host = host;
    this.#runtime = runtime;
    this.#end = end;
  }

  static async start(): Promise<OwnEngine> {
    await requireDocker();
    // The path of a socket must be short.
    const folder = await mkdtemp(join(tmpdir(), "engine-"));
    const at = (name: string) => join(folder, name);
    const host = `unix://${at("socket")}`;
    await writeFile(at("runtime"), '#!/bin/sh\nexec runc "$@"\n');
    await chmod(at("runtime"), 0o755);
    const options = {
      bridge: "none",
      iptables: "false",
      "ip-forward": "false",
      "data-root": at("data"),
      "exec-root": at("exec"),
      pidfile: at("pid"),
      host,
      "add-runtime": `toggled=${at("runtime")}`,
      "default-runtime": "toggled",
    };
    const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const engine = spawn("dockerd", flags, { stdio: "ignore" });
    const ended = once(engine, "exit");
    const end = async () => {
      engine.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    };
    try {
      await waitFor("the engine to answer", () => execute("docker", ["--host", host, "version"]), maxStartMs);
      await execute("sh", ["-c", `docker save ${testImage} | docker --host ${host} load`]);
    } catch (error) {
      await end();
      throw error;
    }
    return new OwnEngine(host, at("runtime"), end);
  }

  /** Takes the container runtime away: no container starts any more. */
  breakRuntime(): Promise<void> {
    return rename(this.#runtime, `${this.#runtime}.away`);
  }

  mendRuntime(): Promise<void> {
    return rename(`${this.#runtime}.away`, this.#runtime);
  }

  close(): Promise<void> {
    return this.#end();
  }
}
