import { stat } from "node:fs/promises";
import { ConfigError } from "../config-error.ts";
import type { MachineLauncher } from "./launcher.ts";

/**
 * Adds a folder of this machine to every container, read-only at `/app/data`: data that never leaves an organizer's own
 * worker. Throws `ConfigError` when the folder does not exist.
 */
export async function withPrivateData(launcher: MachineLauncher, folder: string): Promise<MachineLauncher> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) throw new ConfigError("BENCHSTACK_DATA_FOLDER must be a folder on this machine");
  const data = { hostPath: folder, path: "/app/data", readOnly: true };
  return {
    kind: launcher.kind,
    disks: launcher.disks,
    removeLeftovers: () => launcher.removeLeftovers(),
    prepareImage: (image, attempt, log) => launcher.prepareImage(image, attempt, log),
    releaseImages: (attempt) => launcher.releaseImages(attempt),
    launch: (request) => launcher.launch({ ...request, folders: [...request.folders, data] }),
    connect: (attempt, port) => launcher.connect(attempt, port),
    measure: (files, image, signal) => launcher.measure(files, image, signal),
    removeContainers: (attempt, log) => launcher.removeContainers(attempt, log),
    reclaim: (files, image) => launcher.reclaim(files, image),
    trial: (scratch) => launcher.trial(scratch),
  };
}
