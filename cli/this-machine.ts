/** What runs programs on this machine, found out before anything starts. */
import { tmpdir } from "node:os";
import { chooseLauncher } from "../worker-image/launchers/choose.ts";
import { jsonLog } from "../worker-image/log.ts";

export type LocalLauncher = "docker" | "sandbox";

/** Tries what is wanted; `auto` is Docker if an engine answers, else the sandbox. Throws `ConfigError` if it cannot run. */
export async function usableLauncher(wanted: "auto" | LocalLauncher): Promise<LocalLauncher> {
  const log = jsonLog(() => undefined);
  const { kind } = await chooseLauncher(wanted, { workerId: "trial", pull: "missing", home: tmpdir(), log });
  return kind === "docker" ? "docker" : "sandbox";
}
