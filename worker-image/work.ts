import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import packageJson from "../package.json" with { type: "json" };
import type { WorkerIdentity } from "../contract/job.ts";
import { ArchiveCache } from "./archive-cache.ts";
import { ConfigError } from "./config-error.ts";
import { readConfig } from "./config.ts";
import type { WorkerConfig } from "./config.ts";
import { Doorbell } from "./doorbell.ts";
import { HttpError, isWorthRetrying } from "./http.ts";
import { chooseLauncher } from "./launchers/choose.ts";
import { EcsStepRunner } from "./launchers/ecs/launcher.ts";
import { withPrivateData } from "./launchers/private-data.ts";
import { LocalStepRunner } from "./local-steps.ts";
import { log } from "./output.ts";
import { Platform } from "./api-client.ts";
import type { LentAccess, Registered } from "./api-client.ts";
import { lentAccess, ownAccess } from "./queue-access.ts";
import { ecrLogin } from "./registry/ecr.ts";
import { ImageImporter } from "./registry/image-importer.ts";
import { retry } from "./retry.ts";
import type { StepRunner } from "./step-runner.ts";
import { openHome } from "./work-folder.ts";
import type { WorkerHome } from "./work-folder.ts";
import { Worker } from "./worker.ts";

/** Claims jobs and has their steps run, until it is told to stop. */
export async function work(): Promise<void> {
  const config = readConfig(process.env);
  // Libraries look for their settings there, and fail for a user whom the system does not know.
  process.env.HOME ??= config.home;
  const stopped = new AbortController();
  let worker: Worker | null = null;
  const stop = (atOnce: boolean) => {
    log.info("worker.stopping", { atOnce });
    stopped.abort();
    if (atOnce) worker?.release();
    else worker?.stop();
  };
  // Tasks go on without their worker, and the next one adopts them.
  const onSignal = () => stop(stopped.signal.aborted || config.launcher === "ecs");
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  // Whoever started this worker with a channel to it takes it along, however they end.
  process.once("disconnect", () => stop(true));

  const home = await openHome(config.home, log);
  const platform = new Platform(config.apiUrl, config.token);
  const runner = await chooseRunner(config, home, platform);
  const identity: WorkerIdentity = {
    id: home.workerId,
    instance: randomUUID(),
    host: hostname(),
    launcher: runner.kind,
    slots: config.slots,
    version: packageJson.version,
  };

  const leftovers = await runner.removeLeftovers();
  if (leftovers > 0) log.info("leftovers.removed", { count: leftovers });
  const start = await join(platform, identity, stopped.signal);
  if (start === null || stopped.signal.aborted) return;

  const { released, queues, lent } = start;
  const client = lent ? lentAccess(lent, platform, log) : ownAccess();
  worker = new Worker({
    identity,
    queues,
    doorbell: (url) => new Doorbell(client, url),
    platform,
    runner,
    home,
    queuesPauseMs: 30_000,
    log,
  });
  log.info("worker.ready", {
    worker: identity.id,
    launcher: runner.kind,
    slots: config.slots,
    released,
    queues: queues.length,
  });
  await worker.run();
  log.info("worker.stopped");
}

async function chooseRunner(config: WorkerConfig, home: WorkerHome, platform: Platform): Promise<StepRunner> {
  if (config.launcher === "ecs") {
    const region = process.env.AWS_REGION;
    if (!region || config.ecs === null) throw new ConfigError("AWS_REGION must be the cluster's region");
    const images = new ImageImporter({ ...config.ecs.images, login: ecrLogin() });
    return new EcsStepRunner({ config: config.ecs, region, platform, images, lookPauseMs: 1_000, log });
  }
  const chosen = await chooseLauncher(config.launcher, {
    workerId: home.workerId,
    pull: config.imagePull,
    home: config.home,
    log,
  });
  const launcher = config.dataFolder === null ? chosen : await withPrivateData(chosen, config.dataFolder);
  return new LocalStepRunner(launcher, await ArchiveCache.open(home.cache, config.cacheBytes));
}

/** Waits for the platform, however long it takes. Null when the worker was told to stop meanwhile. */
async function join(
  platform: Platform,
  identity: WorkerIdentity,
  signal: AbortSignal,
): Promise<(Registered & { lent: LentAccess | null }) | null> {
  const patiently = <T>(work: () => Promise<T>) =>
    retry(work, {
      forMs: Number.POSITIVE_INFINITY,
      again: isWorthRetrying,
      signal,
      onRetry: (error) => log.warn("platform.unreachable", { error }),
    });
  try {
    const registered = await patiently(() => platform.register(identity));
    const lent = registered.access === "lent" ? await patiently(() => platform.lend()) : null;
    return { ...registered, lent };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof HttpError) {
      throw new ConfigError(
        `BENCHSTACK_API_URL or BENCHSTACK_WORKER_TOKEN is wrong: the platform refused this worker with HTTP ${error.status} (${error.message})`,
      );
    }
    throw error;
  }
}
