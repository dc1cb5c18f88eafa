import { readFile } from "node:fs/promises";
import { openEngine } from "./engine.ts";

/** The id of the container that this process runs in, which Docker mounts files of; null outside of one. */
async function ownContainerId(): Promise<string | null> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) /.exec(mounts)?.[1] ?? null;
}

/**
 * Has the engine restart the container of this process no more when it ends, whatever its restart policy was. Does
 * nothing outside a container, or without access to its engine.
 */
export async function endWithoutRestart(): Promise<void> {
  const id = await ownContainerId();
  if (id === null) return;
  await openEngine()
    .getContainer(id)
    .update({ RestartPolicy: { Name: "no" } })
    .catch(() => undefined);
}
