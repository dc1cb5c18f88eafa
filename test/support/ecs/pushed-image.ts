import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { keptFolder } from "../kept-folder.ts";
import { TestRegistry } from "./registry.ts";

const execute = promisify(execFile);

/**
 * The data of a registry to which an image of the engine was pushed as `NAME:TAG`. An engine compresses an image, which takes
 * seconds, whenever it pushes it to a registry that has not its layers. So registries of tests begin with a copy of this.
 */
export async function dataWith(image: string, as: string): Promise<string> {
  const { stdout } = await execute("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
  const [, id] = stdout.trim().split(":");
  return keptFolder(`registry-${as.replaceAll(/\W/g, "-")}`, id!.slice(0, 16), async (images) => {
    const registry = await TestRegistry.start({ images });
    await registry.push(image, as);
    await registry.close();
  });
}
