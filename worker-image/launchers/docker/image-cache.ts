import { readFile, rename, writeFile } from "node:fs/promises";
import type Docker from "dockerode";
import * as z from "zod";
import type { Log } from "../../log.ts";
import { fullName } from "../../registry/reference.ts";
import { whileAnswering } from "./engine.ts";
import { engineMessage, engineStatus } from "./errors.ts";

/** Images that this worker pulled, by full name: the engine's id of each. Least recently used first. */
const pulledSchema = z.array(z.tuple([z.string(), z.string()]));

export interface ImageCacheOptions {
  /** The file that remembers which images this worker pulled. */
  file: string;
  maxBytes: number;
  log: Log;
}

/**
 * Keeps the images that this worker pulled within a size, and removes those that were used least recently. It removes
 * neither an image that an attempt or a container uses, nor one that somebody else pulled, built or tagged.
 */
export class ImageCache {
  readonly #engine: Docker;
  readonly #options: ImageCacheOptions;
  readonly #pulled: Map<string, string>;
  /** Full names of the images in use, by attempt. */
  readonly #inUse = new Map<string, Set<string>>();
  /** Work on the images, one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(engine: Docker, options: ImageCacheOptions, pulled: Map<string, string>) {
    this.#engine = engine;
    this.#options = options;
    this.#pulled = pulled;
  }

  static async open(engine: Docker, options: ImageCacheOptions): Promise<ImageCache> {
    const text = await readFile(options.file, "utf8").catch(() => "[]");
    const cache = new ImageCache(engine, options, new Map(pulledSchema.parse(JSON.parse(text))));
    await cache.#inTurn(() => cache.#evict());
    return cache;
  }

  /** Keeps an image until `release`, from the moment of this call. Resolves when no removal of it is in progress. */
  use(image: string, attempt: string): Promise<void> {
    const name = fullName(image);
    const images = this.#inUse.get(attempt) ?? new Set();
    this.#inUse.set(attempt, images.add(name));
    return this.#inTurn(async () => {
      const id = this.#pulled.get(name);
      if (id !== undefined) await this.#remember(name, id);
    });
  }

  /**
   * This worker pulled an image. Without `isNew`, the engine had the name before, so it counts only if this worker had
   * pulled that.
   */
  added(image: string, isNew: boolean): Promise<void> {
    const name = fullName(image);
    return this.#inTurn(async () => {
      const before = this.#pulled.get(name);
      if (!isNew && before === undefined) return;
      const { Id } = await this.#engine.getImage(name).inspect();
      await this.#remember(name, Id);
      // The name has moved to a newer image. Fails while a container or another name needs the older one.
      if (before !== undefined && before !== Id) await this.#removeFromEngine(before).catch(() => undefined);
      await this.#evict();
    });
  }

  /** An attempt needs its images no more. */
  release(attempt: string): Promise<void> {
    if (!this.#inUse.delete(attempt)) return Promise.resolve();
    return this.#inTurn(() => this.#evict());
  }

  /** Does not throw, because an image that is too many stops nobody. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last
      .then(work)
      .catch((error: unknown) => this.#options.log.warn("image.kept", { error: engineMessage(error) }));
    this.#last = done;
    return done;
  }

  /** Stores an image as the one that was used last. */
  async #remember(name: string, id: string): Promise<void> {
    this.#pulled.delete(name);
    this.#pulled.set(name, id);
    await this.#store();
  }

  async #store(): Promise<void> {
    const { file } = this.#options;
    await writeFile(`${file}.new`, JSON.stringify([...this.#pulled]));
    await rename(`${file}.new`, file);
  }

  async #evict(): Promise<void> {
    const { maxBytes, log } = this.#options;
    const before = this.#pulled.size;
    const sizes = new Map<string, number>();
    for (const [name, id] of this.#pulled) {
      const found = await this.#find(name);
      // Otherwise it is gone, or somebody has given its name to another image.
      if (found?.Id === id) sizes.set(name, found.Size);
      else this.#pulled.delete(name);
    }
    let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [image, bytes] of sizes) {
      if (total <= maxBytes) break;
      if (this.#isInUse(image) || !(await this.#remove(image))) continue;
      this.#pulled.delete(image);
      total -= bytes;
      log.info("image.removed", { image, bytes });
    }
    if (this.#pulled.size < before) await this.#store();
  }

  #isInUse = (name: string): boolean => [...this.#inUse.values()].some((names) => names.has(name));

  async #find(name: string): Promise<Docker.ImageInspectInfo | null> {
    try {
      return await this.#engine.getImage(name).inspect();
    } catch (error) {
      if (engineStatus(error) === 404) return null;
      throw error;
    }
  }

  /** Returns false if a container uses the image. If it has other names, only this one is removed. */
  async #remove(name: string): Promise<boolean> {
    try {
      await this.#removeFromEngine(name);
      return true;
    } catch (error) {
      if (engineStatus(error) === 409) return false;
      throw error;
    }
  }

  /** Takes long for large images. */
  #removeFromEngine(name: string): Promise<unknown> {
    return whileAnswering(this.#engine, (abortSignal) => this.#engine.getImage(name).remove({ abortSignal }));
  }
}
