import { mkdir, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Log } from "../../log.ts";
import { labels } from "./container.ts";
import { engineMessage, engineStatus } from "./errors.ts";
import { holderImage, holderProgram, imageArchive } from "./holder-image.ts";
import type { BoundFolder } from "../launcher.ts";

/** A network with nothing in it but a loopback, for one container at a time. */
export interface DarkNetwork {
  /** What a container's network mode is to be. */
  mode: string;
  /** Files the container must have mounted, instead of the ones it would share with whoever uses the network next. */
  files: BoundFolder[];
  /** Every process of the container has ended: the next one may have the network. */
  giveBack(): void;
  /** Nobody may have it any more. */
  drop(): void;
}

/**
 * Networks made before they are needed: making one, and taking it down, is two fifths of what an engine takes to run a
 * small program without a network. Each is held open by a container of ours that does nothing but wait for the end of its
 * standard input, as the pause container of a Kubernetes pod does, so that it ends with the worker however that ends.
 *
 * One container after another uses a network, never two at a time. None of them may change it (all capabilities are
 * dropped), their sockets end with their processes, and the three files of /etc that containers of one network share
 * are mounted read-only. What is left of one that the next could see are the kernel's packet counters of the loopback.
 */
export class DarkNetworks {
  readonly #engine: Docker;
  readonly #workerId: string;
  readonly #folder: string;
  readonly #log: Log;
  #free: DarkNetwork[] = [];
  #making: Promise<void> | null = null;
  #failed = false;

  /** `folder` is one of the worker's own on the engine's machine. */
  constructor(engine: Docker, options: { workerId: string; folder: string; log: Log }) {
    this.#engine = engine;
    this.#workerId = options.workerId;
    this.#folder = options.folder;
    this.#log = options.log;
  }

  /** A network that nobody uses; null when there is none, and then one is being made for the next time. */
  take(): DarkNetwork | null {
    const network = this.#free.pop();
    if (network === undefined && !this.#failed) this.#making ??= this.#makeOne().finally(() => (this.#making = null));
    return network ?? null;
  }

  /** Removes what an earlier life was about to start when it ended. What it had started ended with it. */
  async removeLeftovers(): Promise<void> {
    const filters = { label: [`${labels.network}=${this.#workerId}`] };
    const found = await this.#engine.listContainers({ all: true, filters });
    await Promise.all(
      found.map(({ Id }) =>
        this.#engine
          .getContainer(Id)
          .remove({ force: true })
          .catch(() => {}),
      ),
    );
  }

  async #makeOne(): Promise<void> {
    try {
      const network = await this.#make();
      this.#free.push(network);
    } catch (error) {
      // Containers then have networks of their own, which is the same but slower.
      this.#failed = true;
      this.#log.warn("networks.unavailable", { error: engineMessage(error) });
    }
  }

  async #make(): Promise<DarkNetwork> {
    const [files, container] = await Promise.all([this.#files(), this.#holder()]);
    const input = (await container.attach({ stream: true, stdin: true, hijack: true })) as unknown as Socket;
    await container.start();
    input.unref().resume();
    const drop = () => {
      this.#free = this.#free.filter((one) => one !== network);
      input.destroy();
    };
    // The engine was restarted, or somebody removed the container.
    input.on("close", drop).on("error", drop);
    const network: DarkNetwork = {
      mode: `container:${container.id}`,
      files,
      giveBack: () => void (input.destroyed || this.#free.push(network)),
      drop,
    };
    return network;
  }

  async #holder(): Promise<Docker.Container> {
    const create = () =>
      this.#engine.createContainer({
        Image: holderImage,
        Entrypoint: ["/hold"],
        User: "65534:65534",
        Labels: { [labels.network]: this.#workerId },
        OpenStdin: true,
        StdinOnce: true,
        HostConfig: {
          NetworkMode: "none",
          AutoRemove: true,
          ReadonlyRootfs: true,
          CapDrop: ["ALL"],
          SecurityOpt: ["no-new-privileges"],
          LogConfig: { Type: "none", Config: {} },
        },
      });
    try {
      return await create();
    } catch (error) {
      if (engineStatus(error) !== 404) throw error;
      await this.#importImage();
      return create();
    }
  }

  async #importImage(): Promise<void> {
    const { Architecture } = (await this.#engine.info()) as { Architecture: string };
    const archive = imageArchive(holderProgram(Architecture));
    const [repo, tag] = holderImage.split(":");
    const progress = await this.#engine.importImage(archive as unknown as string, { repo, tag });
    await new Promise<void>((resolve, reject) => {
      this.#engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  }

  async #files(): Promise<BoundFolder[]> {
    const contents = {
      hosts: "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
      hostname: "localhost\n",
      "resolv.conf": "",
    };
    await mkdir(this.#folder, { recursive: true });
    return Promise.all(
      Object.entries(contents).map(async ([name, content]) => {
        const hostPath = join(this.#folder, name);
        await writeFile(hostPath, content, { mode: 0o644 });
        return { hostPath, path: `/etc/${name}`, readOnly: true };
      }),
    );
  }
}
