import { chmod, copyFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inAgent, wrapperInImage, wrapperName } from "./layout.ts";

/**
 * The first container of an ECS task. Copies the wrapper into the control folder of each program, where any user can
 * start it.
 */
export async function stage(): Promise<void> {
  const folder = dirname(inAgent.control("program"));
  for (const container of await readdir(folder)) {
    const target = join(folder, container, wrapperName);
    await copyFile(wrapperInImage, target);
    await chmod(target, 0o755);
    await chmod(dirname(target), 0o755);
  }
}
