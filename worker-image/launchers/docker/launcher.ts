import { join } from "node:path";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import Docker from "dockerode";
import type { DiskUse } from "../../disk-use.ts";
import { StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import { retry } from "../../retry.ts";
import { DarkNetworks, requireHolderImage } from "./dark-networks.ts";
import type { DarkNetwork } from "./dark-networks.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { containerOptions } from "./container.ts";
import { holderCommand, holderImage } from "./holder-image.ts";
import { measureAsRoot } from "./measure.ts";
import { volumeMounts } from "./volumes.ts";
import { diskOfEngine, WritableLayer } from "./writable-layer.ts";
import { labels } from "./labels.ts";
import { engineFailure, engineMessage, engineStatus, startFailure } from "./errors.ts";
import { ImageCache } from "./image-cache.ts";
import { Images } from "./image.ts";
import type { PullPolicy } from "./image.ts";
import { RegistryCheck, type AllowedRegistries } from "./registry-check.ts";
import type { ContainerEnd, LaunchRequest, MachineLauncher, RunningContainer } from "../launcher.ts";
import { trialRequest } from "../trial.ts";
import { UsageSampler } from "../usage-sampler.ts";
import type { UsageSample } from "../usage-sampler.ts";

/** How long the worker waits for an engine that has stopped answering, before its containers count as lost. */
const maxEngineRetryMs = 10_000;
/** Remaining output normally arrives within milliseconds after the end; an engine with a fault may never send it. */
const maxDrainMs = 10_000;

/** Runs programs in containers of a Docker engine, or another engine with its API, over the engine's socket. */
export class DockerLauncher implements MachineLauncher {
  readonly kind = "docker";
  readonly #engine: Docker;
  readonly #workerId: string;
  readonly #cpus: number;
  readonly #disk: string;
  readonly #images: Images;
  readonly #cache: ImageCache;
  readonly #networks: DarkNetworks;
  readonly #log: Log;

  private constructor(
    engine: Docker,
    { cpus, disk }: { cpus: number; disk: string },
    cache: ImageCache,
    options: DockerLauncherOptions,
  ) {
    this.#engine = engine;
    this.#cpus = cpus;
    this.#disk = disk;
    this.#workerId = options.workerId;
    this.#log = options.log;
    this.#images = new Images(engine, options.pull, cache, new RegistryCheck(options.registries));
    this.#cache = cache;
    this.#networks = new DarkNetworks(engine, { ...options, folder: join(options.home, "dark-network") });
  }

  /** Connects to the engine of DOCKER_HOST, or to the default socket. Throws when none answers. */
  static async connect(options: DockerLauncherOptions): Promise<DockerLauncher> {
    const engine = new Docker();
    const info = (await engine.info()) as { NCPU: number; DockerRootDir: string };
    const { home, maxImageBytes: maxBytes, log } = options;
    const cache = await ImageCache.open(engine, { file: join(home, "images.json"), maxBytes, log });
    return new DockerLauncher(engine, { cpus: info.NCPU, disk: await diskOfEngine(info) }, cache, options);
  }

  get disks(): string[] {
    return [this.#disk];
  }

  async removeLeftovers(): Promise<number> {
    const filters = { label: [`${labels.worker}=${this.#workerId}`] };
    const found = await this.#engine.listContainers({ all: true, filters });
    await Promise.all([
      this.#networks.removeLeftovers(),
      ...found.map(({ Id }) => this.#remove(this.#engine.getContainer(Id))),
    ]);
    return found.length;
  }

  prepareImage(image: string, attempt: string, log: Log): Promise<void> {
    return this.#images.require(image, attempt, log);
  }

  releaseImages(attempt: string): Promise<void> {
    return this.#cache.release(attempt);
  }

  async launch(request: LaunchRequest): Promise<RunningContainer> {
    const network = request.network === "none" ? this.#networks.take() : null;
    if (network === null) return this.#launch(request);
    try {
      const running = await this.#launch(request, network);
      running.ended.then(network.giveBack, network.drop);
      return running;
    } catch {
      // When the network was not the cause, the second try fails too.
      network.drop();
      return this.#launch(request);
    }
  }

  async #launch(request: LaunchRequest, network?: DarkNetwork): Promise<RunningContainer> {
    const container = await this.#create(request, network).catch((error: unknown) => {
      throw startFailure(request.image, request.argv, error);
    });
    try {
      // Attaches before the start, because output from before the attachment is not sent.
      const output = await attach(container);
      const drained = pipeline(output, new Demultiplexer(request.stdout, request.stderr));
      // Awaited after the end of the container.
      drained.catch(() => {});
      await container.start().catch((error: unknown) => {
        throw startFailure(request.image, request.argv, error);
      });
      return this.#running(container, request.log, drained, () => output.destroy());
    } catch (error) {
      await this.#remove(container, request.log);
      throw error;
    }
  }

  async #create(request: LaunchRequest, network?: DarkNetwork): Promise<Docker.Container> {
    const volumes = await volumeMounts(this.#engine, request);
    return this.#engine.createContainer(containerOptions(request, this.#workerId, this.#cpus, network, volumes));
  }

  #running(container: Docker.Container, log: Log, drained: Promise<void>, closeOutput: () => void): RunningContainer {
    const usage = new UsageSampler(() => usageOf(container));
    const layer = new WritableLayer(container, this.#disk);
    const ended = this.#end(container, drained, usage).finally(() => {
      usage.stop();
      closeOutput();
    });
    // Avoids an unhandled rejection while the caller is not waiting yet.
    ended.catch(() => {});
    return {
      ended,
      kill: () => this.#kill(container, log),
      useOutsideFolders: () => layer.use(),
      remove: () => this.#remove(container, log),
    };
  }

  async #end(container: Docker.Container, drained: Promise<void>, usage: UsageSampler): Promise<ContainerEnd> {
    try {
      const state = await retry(
        async () => {
          await container.wait();
          return (await container.inspect()).State;
        },
        { forMs: maxEngineRetryMs, again: (error) => engineStatus(error) === undefined },
      );
      await Promise.race([drained, pause(maxDrainMs, undefined, { ref: false })]);
      return {
        exitCode: state.ExitCode,
        outOfMemory: state.OOMKilled,
        elapsedSeconds: Math.max(0, (Date.parse(state.FinishedAt) - Date.parse(state.StartedAt)) / 1000),
        ...usage.used(),
      };
    } catch (error) {
      throw error instanceof StepFailure ? error : engineFailure("running the program", error);
    }
  }

  async #kill(container: Docker.Container, log: Log): Promise<void> {
    try {
      await container.kill({ signal: "SIGKILL" });
    } catch (error) {
      // 409: not running. 404: removed.
      if (engineStatus(error) === 409 || engineStatus(error) === 404) return;
      log.warn("container.unkilled", { container: container.id, error: engineMessage(error) });
      await this.#remove(container, log);
    }
  }

  async #remove(container: Docker.Container, log = this.#log): Promise<void> {
    try {
      await retry(() => container.remove({ force: true, v: true }), {
        forMs: maxEngineRetryMs,
        again: (error) => (engineStatus(error) ?? 500) >= 500,
      });
    } catch (error) {
      // 409: the engine is already removing it. 404: removed.
      if (engineStatus(error) === 409 || engineStatus(error) === 404) return;
      log.error("container.unremoved", { container: container.id, error: engineMessage(error) });
    }
  }

  /** The program is that of holder containers, without standard input: so it ends at once. */
  async trial(scratch: string): Promise<void> {
    await requireHolderImage(this.#engine).catch((error: unknown) => {
      throw engineFailure("storing an image", error);
    });
    const request = await trialRequest(scratch, { image: holderImage, argv: [holderCommand], log: this.#log });
    const { ended, remove } = await this.launch(request);
    try {
      await ended;
    } finally {
      await remove();
    }
  }

  /** A container of the same image measures as root. */
  measure(folder: string, image: string, signal: AbortSignal): Promise<DiskUse> {
    return measureAsRoot(this.#engine, { folder, image, labels: { [labels.worker]: this.#workerId }, signal });
  }

  /**
   * A worker that is not root cannot read or remove all files of a container's root user. A container can, so one of
   * the same image changes the permissions.
   */
  async reclaim(folder: string, image: string): Promise<void> {
    const container = await this.#engine.createContainer({
      Image: image,
      Entrypoint: ["chmod", "-R", "a+rwX", "/folder"],
      Cmd: [],
      User: "0",
      Labels: { [labels.worker]: this.#workerId },
      HostConfig: { Binds: [`${folder}:/folder`], NetworkMode: "none", LogConfig: { Type: "none", Config: {} } },
    });
    try {
      await container.start();
      await container.wait();
    } finally {
      await this.#remove(container);
    }
  }
}

export interface DockerLauncherOptions {
  /** Label of the containers, by which a restarted worker finds them. */
  workerId: string;
  /** The worker's folder. */
  home: string;
  pull: PullPolicy;
  /** The size of all images that the worker pulls and keeps. */
  maxImageBytes: number;
  /** Registries that images may be pulled from although their addresses are not public. */
  registries: AllowedRegistries;
  log: Log;
}

async function attach(container: Docker.Container): Promise<Duplex> {
  try {
    // Hijacked, so that the result is the socket itself.
    return (await container.attach({ stream: true, stdout: true, stderr: true, hijack: true })) as Duplex;
  } catch (error) {
    throw engineFailure("attaching to the program", error);
  }
}

/** The engine's statistics, as far as they are used. cgroup v1 and v2 name the file cache differently. */
interface Statistics {
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: { usage?: number; stats?: { total_inactive_file?: number; inactive_file?: number } };
}

async function usageOf(container: Docker.Container): Promise<UsageSample> {
  // The library's type lacks `one-shot`. Without it, the engine takes a second for a second sample.
  const query = { stream: false, "one-shot": true } as { stream: false };
  const { cpu_stats, memory_stats } = (await container.stats(query)) as Statistics;
  const { usage = 0, stats } = memory_stats ?? {};
  return {
    cpuSeconds: (cpu_stats?.cpu_usage?.total_usage ?? 0) / 1e9,
    memoryBytes: usage - (stats?.total_inactive_file ?? stats?.inactive_file ?? 0),
  };
}
