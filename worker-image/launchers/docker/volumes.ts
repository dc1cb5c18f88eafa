import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import type Docker from "dockerode";
import type { MountSettings } from "dockerode";
import type { LaunchRequest } from "../launcher.ts";

/**
 * Mounts for the paths that an image declares with VOLUME. The engine would create a volume for each of them on its own disk,
 * where nothing counts what a program writes. These volumes lie in the scratch folder. As usual, the engine copies what
 * the image has at their paths into them.
 */
export async function volumeMounts(engine: Docker, request: LaunchRequest): Promise<MountSettings[]> {
  const image = await engine.getImage(request.image).inspect();
  const mounted = new Set(request.folders.map(({ path }) => path));
  const declared = Object.keys((image.Config.Volumes as object | null | undefined) ?? {}).map(cleaned);
  const paths = [...new Set(declared)].filter((path) => !mounted.has(path));
  return Promise.all(
    paths.map(async (path, number) => {
      const device = join(request.scratch, "volumes", String(number));
      await mkdir(device, { recursive: true });
      const bind = { Name: "local", Options: { type: "none", o: "bind", device } };
      // Without a name, the engine removes it together with the container.
      const volume = { NoCopy: false, Labels: {}, DriverConfig: bind };
      return { Type: "volume", Source: "", Target: path, VolumeOptions: volume };
    }),
  );
}

/** A path as the engine compares it. */
const cleaned = (path: string): string => posix.join("/", path).replace(/(?<=.)\/$/, "");
