import { statfs } from "node:fs/promises";
import type Docker from "dockerode";
import { noUse, saysTooLong, sumOf } from "../../disk-use.ts";
import type { DiskUse } from "../../disk-use.ts";
import { namelessFiles, processesOf } from "../open-files.ts";
import { engineMessage } from "./errors.ts";

/** The part of the engine's answer that is used. */
interface Inspected {
  SizeRw?: number;
  State?: { Pid?: number };
}

/**
 * The entries of a layer are counted again when its file system has so many more than at the last count. The engine needs
 * seconds for a count, and compares all files of the image.
 */
const entriesUncounted = 10_000;

/** What a container writes outside its mounts, as its engine measures it. */
export class WritableLayer {
  readonly #container: Docker.Container;
  readonly #disk: string;
  #entries = 0;
  /** Entries of the whole file system at the last count, or fewer if some were removed since. */
  #before: Promise<number>;

  /** `disk` is a path on the file system of the engine. */
  constructor(container: Docker.Container, disk: string) {
    this.#container = container;
    this.#disk = disk;
    this.#before = entriesOf(disk);
  }

  /** Nothing while the engine does not answer, for example because the container ends and its layer is removed. */
  async use(): Promise<DiskUse> {
    const { SizeRw: bytes = 0, State } = await this.#inspected().catch((): Inspected => ({}));
    const nameless = State?.Pid ? await namelessFiles(await processesOf(this.#container.id, State.Pid)) : noUse;
    // The engine ends its walk with an error at a path that it cannot read, and does not say at which.
    const named =
      bytes < 0
        ? { ...noUse, pathTooLong: await this.#hasTooLongPath() }
        : { ...noUse, bytes, entries: await this.#countedEntries() };
    return sumOf([named, nameless]);
  }

  #inspected(): Promise<Inspected> {
    return this.#container.inspect({ size: true } as object) as Promise<Inspected>;
  }

  async #hasTooLongPath(): Promise<boolean> {
    return this.#container.changes().then(
      () => false,
      (error: unknown) => saysTooLong(engineMessage(error)),
    );
  }

  async #countedEntries(): Promise<number> {
    const [before, now] = await Promise.all([this.#before, entriesOf(this.#disk)]);
    if (now - before < entriesUncounted) this.#before = Promise.resolve(Math.min(before, now));
    else {
      const changes = (await this.#container.changes().catch(() => [])) as unknown[] | null;
      this.#entries = changes?.length ?? 0;
      this.#before = Promise.resolve(now);
    }
    return this.#entries;
  }
}

/** The entries of a file system, which it counts itself; 0 if it does not. */
const entriesOf = (path: string): Promise<number> =>
  statfs(path).then(
    ({ files, ffree }) => files - ffree,
    () => 0,
  );

/** A path on the file system on which an engine keeps its containers. */
export async function diskOfEngine({ DockerRootDir }: { DockerRootDir: string }): Promise<string> {
  // A worker in a container of the engine does not see the engine's folder, but its own root is on the same file system.
  return statfs(DockerRootDir).then(
    () => DockerRootDir,
    () => "/",
  );
}
