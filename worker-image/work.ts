import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import packageJson from "../package.json" with { type: "json" };
import type { WorkerIdentity } from "../contract/job.ts";
import { ArchiveCache } from "./archive-cache.ts";
import { ConfigError, TokenRefused } from "./config-error.ts";
import { readConfig } from "./config.ts";
import type { WorkerConfig } from "./config.ts";
import { DoorbellQueue } from "./doorbell.ts";
import { FreeSpace, lessLeftThan } from "./free-space.ts";
import { HttpError, isRefused, isWorthRetrying } from "./http.ts";
import { chooseLauncher } from "./launchers/choose.ts";
import { backendsOf } from "./launchers/placed/backends.ts";
import { PlacedStepRunner } from "./launchers/placed/runner.ts";
import { withPrivateData } from "./launchers/private-data.ts";
import { LocalStepRunner } from "./local-steps.ts";
import { log } from "./output.ts";
import { WorkerApi } from "./api-client.ts";
import type { LentCredentials, Registration } from "./api-client.ts";
import { lentAccess, ownAccess } from "./queue-access.ts";
import { ecrLogin } from "./registry/ecr.ts";
import { ImageImporter } from "./registry/image-importer.ts";
import { retry } from "./retry.ts";
import type { StepRunner } from "./step-runner.ts";
import { openHome } from "./work-folder.ts";
import type { WorkerHome } from "./work-folder.ts";
import { Worker } from "./worker.ts";

/** Runs the worker until it receives a signal to stop. */
export async function work(): Promise<void> {
  const config = readConfig(process.env);
  // Libraries read settings from HOME, and fail when the system does not know the user.
  process.env.HOME ||= config.home;
  const stopped = new AbortController();
  let worker: Worker | null = null;
  let runner: StepRunner | null = null;
  const stop = (atOnce: boolean) => {
    log.info("worker.stopping", { atOnce });
    stopped.abort();
    if (atOnce) worker?.release();
    else worker?.stop();
  };
  // Steps that outlive their worker go on without it, and the next worker adopts them.
  const onSignal = () => stop(stopped.signal.aborted || (runner?.capabilities.outlivesWorker ?? false));
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  // A parent process that opened an IPC channel ends this worker when it ends, even when it crashes.
  process.once("disconnect", () => stop(true));
  // It may have ended before this worker could listen.
  if (process.connected === false) stop(true);

  const home = await openHome(config.home, log);
  const api = new WorkerApi(config.apiUrl, config.token, config.publicUrl);
  runner = await chooseRunner(config, home, api);
  const identity: WorkerIdentity = {
    id: home.workerId,
    instance: randomUUID(),
    host: hostname(),
    launcher: runner.kind,
    capabilities: runner.capabilities,
    slots: config.slots,
    version: packageJson.version,
  };

  const leftovers = await runner.removeLeftovers();
  await home.removeLeftovers();
  if (leftovers > 0) log.info("leftovers.removed", { count: leftovers });
  const start = await join(api, identity, stopped.signal);
  if (start === null || stopped.signal.aborted) return;

  const { released, queues, lent } = start;
  const client = lent ? lentAccess(lent, api, log) : ownAccess();
  worker = new Worker({
    identity,
    queues,
    doorbellQueue: (url) => new DoorbellQueue(client, url),
    api,
    runner,
    home,
    queuesIntervalMs: 30_000,
    idleMs: config.idleSeconds === null ? null : config.idleSeconds * 1000,
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

async function chooseRunner(config: WorkerConfig, home: WorkerHome, api: WorkerApi): Promise<StepRunner> {
  if (config.launcher === "ecs") {
    const region = process.env.AWS_REGION;
    if (!region || config.ecs === null) throw new ConfigError("AWS_REGION must be the cluster's region");
    const images = new ImageImporter({ ...config.ecs.images, login: ecrLogin() });
    // A second is short for a participant, and looks cost very little.
    const lookPauseMs = 1_000;
    return new PlacedStepRunner({
      config: config.ecs,
      backends: backendsOf(config.ecs, { region, images, lookPauseMs, log }),
      api,
      images,
      loginKey: config.loginKey,
      lookPauseMs,
      log,
    });
  }
  const chosen = await chooseLauncher(config.launcher, {
    workerId: home.workerId,
    pull: config.imagePull,
    maxImageBytes: config.maxImageBytes,
    registries: new Set(config.privateRegistries),
    home: config.home,
    platformHome: config.platformHome,
    log,
  });
  const launcher = config.dataFolder === null ? chosen : await withPrivateData(chosen, config.dataFolder);
  const cache = await ArchiveCache.open(home.cache, config.cacheBytes);
  const space = new FreeSpace(lessLeftThan(config.reserveBytes, [config.home, ...launcher.disks]), log);
  return new LocalStepRunner(launcher, cache, space, home.attempt);
}

/** Registers, and waits as long as the platform does not answer. Returns null when the worker is stopped meanwhile. */
async function join(
  api: WorkerApi,
  identity: WorkerIdentity,
  signal: AbortSignal,
): Promise<(Registration & { lent: LentCredentials | null }) | null> {
  const patiently = <T>(work: () => Promise<T>) =>
    retry(work, {
      forMs: Number.POSITIVE_INFINITY,
      again: isWorthRetrying,
      signal,
      onRetry: (error) => log.warn("platform.unreachable", { error }),
    });
  try {
    const registered = await patiently(() => api.register(identity));
    const lent = registered.access === "lent" ? await patiently(() => api.lend()) : null;
    return { ...registered, lent };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof HttpError) {
      throw new (isRefused(error) ? TokenRefused : ConfigError)(
        `BENCHSTACK_API_URL or BENCHSTACK_WORKER_TOKEN is wrong: the platform answered HTTP ${error.status} (${error.message})`,
      );
    }
    throw error;
  }
}
