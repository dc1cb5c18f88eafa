/** What runs programs on this machine, found out before anything starts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withCause } from "../worker-image/failure.ts";
import { chooseLauncher } from "../worker-image/launchers/choose.ts";
import { findImage } from "../worker-image/launchers/docker/find-image.ts";
import { jsonLog } from "../worker-image/log.ts";
import type { launchers } from "./command.ts";

export type LocalLauncher = Exclude<(typeof launchers)[number], "auto">;

/** Tries what is wanted; `auto` is Docker if an engine answers, else the sandbox. Throws `ConfigError` if it cannot run. */
export async function usableLauncher(wanted: (typeof launchers)[number]): Promise<LocalLauncher> {
  const log = jsonLog(() => undefined);
  const home = await mkdtemp(join(tmpdir(), "benchstack-trial-"));
  try {
    const options = {
      workerId: "trial",
      pull: "missing",
      maxImageBytes: Infinity,
      registries: "all",
      home,
      log,
    } as const;
    return (await chooseLauncher(wanted, options)).kind === "docker" ? "docker" : "sandbox";
  } finally {
    await rm(home, { recursive: true });
  }
}

/**
 * Chooses what runs programs that need an image: with `auto`, Docker if its engine has the image or can pull it, else the
 * sandbox. `why` is a sentence for people. Throws a sentence if what is wanted cannot run.
 */
export async function launcherFor(
  image: string,
  wanted: (typeof launchers)[number],
): Promise<{ launcher: LocalLauncher; why: string }> {
  if ((await usableLauncher(wanted)) === "sandbox")
    return { launcher: "sandbox", why: `${wanted === "auto" ? "No Docker engine answers. " : ""}${inSandbox}` };
  try {
    const { openEngine } = await import("../worker-image/launchers/docker/engine.ts");
    const place = await findImage(openEngine(), image);
    const first = place === "registry" ? ", which Docker pulls first" : "";
    return { launcher: "docker", why: `Programs run in Docker containers of the image ${image}${first}.` };
  } catch (error) {
    if (wanted === "docker") throw new Error(withCause(error), { cause: error });
    await usableLauncher("sandbox");
    return { launcher: "sandbox", why: `${withCause(error)} ${inSandbox}` };
  }
}

const inSandbox =
  "Programs run in a sandbox of Linux namespaces with this machine's software, which is not safe for code that you do not trust.";
