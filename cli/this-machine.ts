/** What runs programs on this machine, found out before anything starts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseLauncher } from "../worker-image/launchers/choose.ts";
import { jsonLog } from "../worker-image/log.ts";

export type LocalLauncher = "docker" | "sandbox";

/** Tries what is wanted; `auto` is Docker if an engine answers, else the sandbox. Throws `ConfigError` if it cannot run. */
export async function usableLauncher(wanted: "auto" | LocalLauncher): Promise<LocalLauncher> {
  const log = jsonLog(() => undefined);
  const home = await mkdtemp(join(tmpdir(), "benchstack-trial-"));
  try {
    const options = { workerId: "trial", pull: "missing", maxImageBytes: Infinity, home, log } as const;
    return (await chooseLauncher(wanted, options)).kind === "docker" ? "docker" : "sandbox";
  } finally {
    await rm(home, { recursive: true });
  }
}
