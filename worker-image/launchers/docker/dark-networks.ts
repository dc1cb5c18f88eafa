import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { unlessAborted } from "../../failure.ts";
import type { Log } from "../../log.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { isUnanswered, whileAnswering } from "./engine.ts";
import { labels } from "./labels.ts";
import { engineMessage, engineStatus } from "./errors.ts";
import { holderCommand, holderImage, holderProgram, imageArchive } from "./holder-image.ts";
import type { BoundFolder, ByteSink } from "../launcher.ts";

/** A holder answers within a millisecond. */
const maxAnswerMs = 10_000;

/** A network with only a loopback interface, used by one container at a time. */
export interface DarkNetwork {
  /** Value for the container's network mode. */
  mode: string;
  /** Files to mount into the container in place of those it would share with the next user of the network. */
  files: BoundFolder[];
  /**
   * Call it when all processes of the container have ended: the next container may use the network if this one did not.
   */
  giveBack(): void;
  /** Removes the network. */
  drop(): void;
}

/**
 * Creates networks before they are needed, because creating and removing one takes two fifths of the time in which an
 * engine runs a small program without a network. A holder container keeps each network open. It only waits for its
 * standard input, so it ends when the worker ends, even after a crash (compare the pause container of a Kubernetes pod).
 *
 * Most programs without a network never use their loopback interface. Only after those, another container gets the
 * network: the kernel counts everything in it that was sent, received or refused, and the counters must be as they were
 * when the network was made. A network that was used is removed, because its ports stay taken for a minute and its
 * counters tell what happened. Containers cannot change a network otherwise, because all capabilities are dropped, and
 * the three files of /etc that containers of one network share are mounted read-only.
 */
export class DarkNetworks {
  readonly #engine: Docker;
  readonly #workerId: string;
  readonly #folder: string;
  readonly #log: Log;
  #free: DarkNetwork[] = [];
  #making: Promise<void> | null = null;
  #failed = false;
  /** Names of the holder containers that this worker needs, or asks the engine to create. */
  readonly #holders = new Set<string>();

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

  /**
   * Removes holder containers that are not needed: those of an earlier life of this worker that were not started, and
   * those of networks that were dropped or could not be made while the engine did not answer.
   */
  async removeLeftovers(): Promise<void> {
    const filters = { label: [`${labels.network}=${this.#workerId}`] };
    const found = await this.#engine.listContainers({ all: true, filters });
    const names = found.flatMap(({ Names }) => Names).map((name) => name.slice(1));
    await Promise.all(
      names
        .filter((name) => !this.#holders.has(name))
        .map((name) =>
          this.#engine
            .getContainer(name)
            .remove({ force: true })
            .catch(() => {}),
        ),
    );
  }

  async #makeOne(): Promise<void> {
    const name = `benchstack-network-${randomUUID()}`;
    this.#holders.add(name);
    try {
      this.#free.push(await this.#make(name));
    } catch (error) {
      this.#holders.delete(name);
      // Then the engine creates a network for each container: equally safe but slower. An engine that did not answer is
      // asked again.
      this.#failed = !isUnanswered(error);
      this.#log.warn("networks.unavailable", { error: engineMessage(error) });
    }
  }

  async #make(name: string): Promise<DarkNetwork> {
    const [files, container] = await Promise.all([this.#files(), this.#holder(name)]);
    const stream = (await container.attach({ stream: true, stdin: true, stdout: true, hijack: true })) as Duplex;
    const holder = new Holder(stream as Socket);
    const drop = () => {
      this.#holders.delete(name);
      this.#free = this.#free.filter((one) => one !== network);
      stream.destroy();
    };
    // The engine was restarted or the container was removed.
    stream.on("close", drop).on("error", drop);
    await container.start();
    const whenNew = await holder.counters();
    const giveBack = async () => {
      if (whenNew === (await holder.counters()) && !stream.destroyed) this.#free.push(network);
      else drop();
    };
    const network: DarkNetwork = {
      mode: `container:${container.id}`,
      files,
      giveBack: () => void giveBack().catch(drop),
      drop,
    };
    return network;
  }

  async #holder(name: string): Promise<Docker.Container> {
    const create = () =>
      this.#engine.createContainer({
        name,
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
  await whileAnswering(engine, async () => {
    const progress = await engine.importImage(archive as unknown as string, { repo, tag });
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
    });
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

/** The program of a holder container, over its standard input and output. */
class Holder {
  readonly #stream: Socket;
  #said = "";
  #onAnswer: (answer: string) => void = () => {};

  constructor(stream: Socket) {
    this.#stream = stream;
    const listen: ByteSink = { write: (bytes) => this.#hear(bytes) };
    stream.unref().pipe(new Demultiplexer(listen, listen));
  }

  #hear(bytes: Buffer): undefined {
    this.#said += bytes.toString("latin1");
    if (this.#said.endsWith("\0")) this.#onAnswer(this.#said);
  }

  /** What the kernel has counted in the network. */
  async counters(): Promise<string> {
    this.#said = "";
    const answer = new Promise<string>((resolve) => (this.#onAnswer = resolve));
    this.#stream.write("?");
    const counted = await unlessAborted(answer, AbortSignal.timeout(maxAnswerMs));
    if (!counted.includes("\nTcp:")) throw new Error("the kernel does not count what happens in networks");
    return counted;
  }
}
