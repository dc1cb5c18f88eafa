import { join } from "node:path";
import type { ArchiveSource, SignedObject, Step } from "../contract/job.ts";
import type { ArchiveCache } from "./archive-cache.ts";
import { download } from "./download.ts";

export interface FetchedArchive {
  path: string;
  label: string;
  /** Hexadecimal MD5 of the archive. */
  md5: string;
  /** Bytes that came from the store: 0 when the archive was cached. */
  downloaded: number;
}

type ObjectSource = Extract<ArchiveSource<SignedObject>, { from: "object" }>;

/** Fetches the archives of one attempt, each once, into a folder of this attempt. */
export class Archives {
  readonly #folder: string;
  readonly #cache: ArchiveCache;
  readonly #signal: AbortSignal;
  readonly #urlOf: (object: SignedObject) => string;
  readonly #fetches = new Map<ObjectSource, Promise<FetchedArchive>>();

  /**
   * `folder` must exist and be on the file system of the cache. `urlOf` returns the currently signed URL of an object.
   */
  constructor(folder: string, cache: ArchiveCache, signal: AbortSignal, urlOf: (object: SignedObject) => string) {
    this.#folder = folder;
    this.#cache = cache;
    this.#signal = signal;
    this.#urlOf = urlOf;
  }

  /** Starts to fetch the archives of a step. `get` throws their errors. */
  prefetch(step: Step<SignedObject>): void {
    for (const { archive } of step.folders.flatMap(({ contents }) => contents)) {
      if (archive.from === "object") this.get(archive, step.limits.diskBytes).catch(() => {});
    }
  }

  /** Returns the archive of a source. Throws `StepFailure`, or the reason of the attempt's abort signal. */
  get(source: ObjectSource, maxBytes: number): Promise<FetchedArchive> {
    const running = this.#fetches.get(source);
    if (running) return running;
    const path = join(this.#folder, `${this.#fetches.size}.zip`);
    const fetch = this.#fetch(source, path, maxBytes);
    this.#fetches.set(source, fetch);
    return fetch;
  }

  async #fetch({ object, cache, label }: ObjectSource, path: string, maxBytes: number): Promise<FetchedArchive> {
    const url = this.#urlOf(object);
    if (cache) {
      const { md5, downloaded } = await this.#cache.place({ ...object, url, label, maxBytes }, path, this.#signal);
      return { path, label, md5, downloaded };
    }
    const { bytes, md5 } = await download(url, path, { label, maxBytes, signal: this.#signal });
    return { path, label, md5, downloaded: bytes };
  }
}
