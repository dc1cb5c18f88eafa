import { mkdir, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Log } from "../../log.ts";
import { labels } from "./labels.ts";
import { engineMessage, engineStatus } from "./errors.ts";
import { holderCommand, holderImage, holderProgram, imageArchive } from "./holder-image.ts";
import type { BoundFolder } from "../launcher.ts";

/** A network with only a loopback interface, used by one container at a time. */
export interface DarkNetwork {
  /** Value for the container's network mode. */
  mode: string;
  /** Files to mount into the container in place of those it would share with the next user of the network. */
  files: BoundFolder[];
  /** Call it when all processes of the container have ended: the next container may use the network. */
  giveBack(): void;
  /** Removes the network. */
  drop(): void;
}

/**
 * Creates networks before they are needed, because creating and removing one takes two fifths of the time in which an
 * engine runs a small program without a network. A holder container keeps each network open. It only waits for the end
 * of its standard input, so it ends when the worker ends, even after a crash (compare the pause container of a
 * Kubernetes pod).
 *
 * Containers use a network one after another, never at the same time. They cannot change it, because all capabilities
 * are dropped; their sockets close when their processes end; and the three files of /etc that containers of one network
 * share are mounted read-only. The next container can see only the kernel's packet counters of the loopback interface.
 */
export class DarkNetworks {
  readonly #engine: Docker;
  readonly #workerId: string;
  readonly #folder: string;
  readonly #log: Log;
  #free: DarkNetwork[] = [];
  #making: Promise<void> | null = null;
  #failed = false;

  /** `folder` belongs to the worker and is on the engine's machine. */
  constructor(engine: Docker, options: { workerId: string; folder: string; log: Log }) {
    this.#engine = engine;
    this.#workerId = options.workerId;
    this.#folder = options.folder;
    this.#log = options.log;
  }

  /** Returns a free network. Without one, it returns null and creates one for the next call. */
  take(): DarkNetwork | null {
    const network = this.#free.pop();
    if (network === undefined && !this.#failed) this.#making ??= this.#makeOne().finally(() => (this.#making = null));
    return network ?? null;
  }

  /** Removes holder containers that were created but not started when the worker ended. Started ones ended with it. */
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
      // Then the engine creates a network for each container: equally safe but slower.
      this.#failed = true;
      this.#log.warn("networks.unavailable", { error: engineMessage(error) });
    }
  }

  async #make(): Promise<DarkNetwork> {
    const [files, container] = await Promise.all([this.#files(), this.#holder()]);
    const input = (await container.attach({ stream: true, stdin: true, hijack: true })) as unknown as Socket;
    // The engine may stop before the container has started, which then fails and says so.
    input.on("error", () => {});
    await container.start();
    input.unref().resume();
    const drop = () => {
      this.#free = this.#free.filter((one) => one !== network);
      input.destroy();
    };
    // The engine was restarted or the container was removed.
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
        Entrypoint: [holderCommand],
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
      await importHolderImage(this.#engine);
      return create();
    }
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

async function importHolderImage(engine: Docker): Promise<void> {
  const { Architecture } = (await engine.info()) as { Architecture: string };
  const archive = imageArchive(holderProgram(Architecture));
  const [repo, tag] = holderImage.split(":");
  const progress = await engine.importImage(archive as unknown as string, { repo, tag });
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** Imports the image of holder containers if the engine does not have it. */
export async function requireHolderImage(engine: Docker): Promise<void> {
  try {
    await engine.getImage(holderImage).inspect();
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
    await importHolderImage(engine);
  }
}
