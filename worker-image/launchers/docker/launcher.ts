import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import type { DiskUse } from "../../disk-use.ts";
import { Unreachable } from "../../live-port.ts";
import type { Log } from "../../log.ts";
import { retry } from "../../retry.ts";
import { DarkNetworks, requireHolderImage } from "./dark-networks.ts";
import type { DarkNetwork } from "./dark-networks.ts";
import { containerOptions } from "./container.ts";
import { isUnanswered, openEngine, untilStopped, whileAnswering } from "./engine.ts";
import { holderCommand, holderImage } from "./holder-image.ts";
import { measureAsRoot } from "./measure.ts";
import { openPort } from "./open-port.ts";
import { volumeMounts } from "./volumes.ts";
import { diskOfEngine } from "./writable-layer.ts";
import { labels } from "./labels.ts";
import { engineFailure, engineMessage, engineStatus, startFailure } from "./errors.ts";
import { ImageCache } from "./image-cache.ts";
import { Images } from "./image.ts";
import type { PullPolicy } from "./image.ts";
import { RegistryCheck, type AllowedRegistries } from "./registry-check.ts";
import { DockerContainer } from "./running-container.ts";
import type { LaunchRequest, MachineLauncher, RunningContainer } from "../launcher.ts";
import { trialRequest } from "../trial.ts";

/** The pause between two looks for containers that nobody needs. */
const sweepPauseMs = 60_000;
/** A container that cannot be removed in this time is reported. The worker goes on trying. */
const maxRemovalMs = 10_000;

/** A container that this worker created, or asks the engine to create. */
interface OwnContainer {
  attempt: string;
  /** Settles when the engine has answered, or not answered in time. */
  launched: Promise<unknown>;
}

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
  /** By name. The worker chooses the names, so that it knows a container even if the engine's answer was lost. */
  readonly #containers = new Map<string, OwnContainer>();

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
    const engine = openEngine();
    const info = (await engine.info()) as { NCPU: number; DockerRootDir: string };
    const { home, maxImageBytes: maxBytes, log } = options;
    const cache = await ImageCache.open(engine, { file: join(home, "images.json"), maxBytes, log });
    return new DockerLauncher(engine, { cpus: info.NCPU, disk: await diskOfEngine(info) }, cache, options);
  }

  get disks(): string[] {
    return [this.#disk];
  }

  /**
   * Also looks again every minute from now on: an engine that did not answer in time may have created a container
   * later.
   */
  async removeLeftovers(): Promise<number> {
    const count = await this.#sweep();
    setInterval(() => void this.#sweep().catch(() => {}), sweepPauseMs).unref();
    return count;
  }

  /** Removes containers of this worker that it does not know. Returns their number. */
  async #sweep(): Promise<number> {
    const filters = { label: [`${labels.worker}=${this.#workerId}`] };
    const found = await this.#engine.listContainers({ all: true, filters });
    const unknown = found.flatMap(({ Names }) => Names).map((name) => name.slice(1));
    const leftovers = unknown.filter((name) => !this.#containers.has(name));
    await Promise.all([
      this.#networks.removeLeftovers(),
      ...leftovers.map((name) => this.#remove(name, this.#log, maxRemovalMs)),
    ]);
    return leftovers.length;
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
    } catch (error) {
      network.drop();
      if (isUnanswered((error as Error).cause)) throw error;
      // When the network was not the cause, the second try fails too.
      return this.#launch(request);
    }
  }

  #launch(request: LaunchRequest, network?: DarkNetwork): Promise<RunningContainer> {
    return this.#own(request.attempt, async (name) => {
      const container = await this.#create(name, request, network).catch((error: unknown) => {
        throw startFailure(request.image, request.argv, error);
      });
      return DockerContainer.start(this.#engine, container, request, this.#disk);
    });
  }

  async #create(name: string, request: LaunchRequest, network?: DarkNetwork): Promise<Docker.Container> {
    const volumes = await volumeMounts(this.#engine, request);
    const options = containerOptions(request, this.#workerId, this.#cpus, network, volumes);
    return this.#engine.createContainer({ ...options, name });
  }

  /** Chooses a name for a container, and remembers it before the engine hears of it. */
  #own<T>(attempt: string, launch: (name: string) => Promise<T>): Promise<T> {
    const name = `benchstack-${randomUUID()}`;
    const launched = launch(name);
    this.#containers.set(name, { attempt, launched });
    return launched;
  }

  async connect(attempt: string, port: number): Promise<Duplex> {
    for (const own of this.#containers.values()) {
      const launched = own.attempt === attempt ? await own.launched.catch(() => null) : null;
      if (launched instanceof DockerContainer) return this.#connect(attempt, launched, port);
    }
    throw new Unreachable("The program of the run does not run at this moment.");
  }

  /** The container of a connection is removed with it. */
  async #connect(attempt: string, { running }: DockerContainer, port: number): Promise<Duplex> {
    let named = "";
    const remove = () => void this.#remove(named, this.#log).then(() => this.#containers.delete(named));
    try {
      const connection = await this.#own(attempt, (name) => {
        named = name;
        const own = { [labels.worker]: this.#workerId };
        return openPort(this.#engine, { name, ...running, labels: own, port });
      });
      return connection.on("close", remove);
    } catch (error) {
      remove();
      throw new Unreachable("The image of the run has no bash, by which its ports are reached.", { cause: error });
    }
  }

  async removeContainers(attempt: string, log: Log): Promise<void> {
    await Promise.all(
      [...this.#containers].map(async ([name, own]) => {
        if (own.attempt !== attempt) return;
        await own.launched.catch(() => {});
        await this.#remove(name, log);
        this.#containers.delete(name);
      }),
    );
  }

  /** Removes a container, even a running one. Tries for as long as the engine does not answer. */
  async #remove(name: string, log: Log, forMs = Number.POSITIVE_INFINITY): Promise<void> {
    const startedAt = performance.now();
    let reported = false;
    const report = (error: unknown) => {
      if (!reported) log.error("container.unremoved", { container: name, error: engineMessage(error) });
      reported = true;
    };
    try {
      await retry(() => this.#engine.getContainer(name).remove({ force: true, v: true }), {
        forMs,
        again: (error) => isUnanswered(error) || (engineStatus(error) ?? 0) >= 500,
        onRetry: (error) => {
          if (performance.now() - startedAt > maxRemovalMs) report(error);
        },
      });
    } catch (error) {
      // 409: the engine is already removing it. 404: removed.
      if (engineStatus(error) !== 409 && engineStatus(error) !== 404) report(error);
    }
  }

  /** The program is that of holder containers, without standard input: so it ends at once. */
  async trial(scratch: string): Promise<void> {
    await requireHolderImage(this.#engine).catch((error: unknown) => {
      throw engineFailure("storing an image", error);
    });
    const request = await trialRequest(scratch, { image: holderImage, argv: [holderCommand], log: this.#log });
    try {
      const { ended } = await this.launch(request);
      await ended;
    } finally {
      await this.removeContainers(request.attempt, this.#log);
    }
  }

  /** A container of the same image measures as root. */
  async measure(folder: string, image: string, signal: AbortSignal): Promise<DiskUse> {
    const purpose = `measure ${randomUUID()}`;
    const labelled = { [labels.worker]: this.#workerId };
    try {
      return await this.#own(purpose, (name) =>
        measureAsRoot(this.#engine, { name, folder, image, labels: labelled, signal }),
      );
    } finally {
      await this.removeContainers(purpose, this.#log);
    }
  }

  /**
   * A worker that is not root cannot read or remove all files of a container's root user. A container can, so one of
   * the same image changes the permissions.
   */
  async reclaim(folder: string, image: string): Promise<void> {
    const purpose = `reclaim ${folder}`;
    const container = await this.#own(purpose, (name) =>
      this.#engine.createContainer({
        name,
        Image: image,
        Entrypoint: ["chmod", "-R", "a+rwX", "/folder"],
        Cmd: [],
        User: "0",
        Labels: { [labels.worker]: this.#workerId },
        HostConfig: { Binds: [`${folder}:/folder`], NetworkMode: "none", LogConfig: { Type: "none", Config: {} } },
      }),
    );
    try {
      await container.start();
      await whileAnswering(this.#engine, (signal) => untilStopped(this.#engine, container.id, signal));
    } finally {
      await this.removeContainers(purpose, this.#log);
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
