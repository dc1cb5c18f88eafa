/** The real client of CodaLab Worksheets, installed from PyPI into a folder that is kept. */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./files.ts";
import { keptFolder } from "./kept-folder.ts";

const run = promisify(execFile);

/** Its dependencies do not install under a later Python. */
const [version, python] = ["1.7.5", "3.9"];

/** A Python of the version that the client needs: from the variable `PYTHON39`, the path, or pyenv. */
async function findPython(): Promise<string> {
  const candidates = [
    process.env.PYTHON39,
    `python${python}`,
    ...globSync(join(homedir(), ".pyenv", "versions", `${python}.*`, "bin", `python${python}`)),
  ].filter((one) => one !== undefined);
  for (const candidate of candidates) {
    const found = await run(candidate, ["--version"]).catch(() => undefined);
    if (found?.stdout.startsWith(`Python ${python}.`)) return candidate;
  }
  throw new Error(
    `There is no Python ${python} on this machine, and cl ${version} runs with no other. Install it, for instance by \`pyenv install ${python}\`, or name it in the variable PYTHON39.`,
  );
}

/** Installs the client unless it is there. Returns the folder with its Python. */
const installed = (): Promise<string> =>
  keptFolder("codalab", version, async (folder) => {
    await run(await findPython(), ["-m", "venv", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    const at = join(folder, "bin", "python");
    await run(at, [...pip, "setuptools<70", "wheel"]);
    await run(at, [...pip, `codalab==${version}`], { maxBuffer: 64 * 1024 * 1024 });
  });

/** The Python in which the client is installed, and the folder of its programs, which start with no other. */
export async function codalabPrograms(): Promise<{ python: string; folder: string }> {
  const folder = join(await installed(), "bin");
  return { python: join(folder, "python"), folder };
}

export interface ClResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CodalabClient {
  /** Runs `cl` with arguments, whatever comes of it. */
  run(...args: string[]): Promise<ClResult>;
  close(): Promise<void>;
}

/** The client with a home of its own, as somebody. */
export async function codalabClient({
  username,
  password,
}: {
  username: string;
  password: string;
}): Promise<CodalabClient> {
  const folder = await installed();
  // The folder was moved after the installation, so that the first line of `cl` names no Python that there is.
  const cl = [join(folder, "bin", "python"), join(folder, "bin", "cl")] as const;
  const home = await temporaryFolder();
  const env = {
    ...process.env,
    CODALAB_HOME: home.path,
    CODALAB_SESSION: "test",
    CODALAB_USERNAME: username,
    CODALAB_PASSWORD: password,
    PYTHONWARNINGS: "ignore",
  };
  return {
    run: (...args) =>
      new Promise((resolve) => {
        execFile(
          cl[0],
          [cl[1], ...args],
          { env, cwd: home.path, maxBuffer: 64 * 1024 * 1024 },
          (error, stdout, stderr) =>
            resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, stdout, stderr }),
        );
      }),
    close: () => home.remove(),
  };
}
