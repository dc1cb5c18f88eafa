import { hostname } from "node:os";
import type { ApiClient } from "../../client/api-client.ts";
import { withCause } from "../../worker-image/failure.ts";
import { openEngine } from "../../worker-image/launchers/docker/engine.ts";
import { findImage } from "../../worker-image/launchers/docker/find-image.ts";

/**
 * If a worker of the default queue runs programs in the Docker engine of this machine, asks the engine whether it has the
 * image or can pull it, so that a missing registry is told before anything runs. Engines elsewhere cannot be asked.
 */
export async function requireImage(admin: ApiClient, image: string): Promise<void> {
  const { results } = await admin.request<{ results: { id: string; owner: string | null }[] }>("GET", "/api/queues/");
  const defaultQueue = results.find(({ owner }) => owner === null);
  if (!defaultQueue) return;
  const workers = await admin.request<{ host: string; launcher: string }[]>(
    "GET",
    `/api/queues/${defaultQueue.id}/workers/`,
  );
  if (!workers.some(({ host, launcher }) => host === hostname() && launcher === "docker")) return;
  await findImage(openEngine(), image).catch((error: unknown) => {
    throw new Error(`${withCause(error)} Or set BENCHSTACK_IMAGE to an image with Python 3 that the engine has.`);
  });
}
