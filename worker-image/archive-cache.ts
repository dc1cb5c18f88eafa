import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, readdir, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { download } from "./download.ts";
import type { Downloaded } from "./download.ts";
import { unlessAborted } from "./failure.ts";

/** Archives may be removed while somebody is about to use them, but not that often. */
const maxTries = 3;

interface Kept extends Downloaded {
  path: string;
}

export interface CacheRequest {
  /** Stable name of the content; see `SignedObject`. */
  contentId: string;
  url: string;
  label: string;
  maxBytes: number;
}

/**
 * Archives on disk by what they contain, the least recently used removed when they are more than `maxBytes` together.
 * Everything about a file is in its name (content, MD5, size), so that a restart needs no index, and a file that is not
 * as long as its name says is not used. Callers get a hard link of their own, so removal never takes a file from anyone.
 */
export class ArchiveCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #kept: Map<string, Kept>;
  readonly #arriving = new Map<string, Promise<Kept>>();

  private constructor(folder: string, maxBytes: number, kept: Map<string, Kept>) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#kept = kept;
  }

  /** Opens the cache in a folder that is this process's alone, and removes what an earlier life left half done. */
  static async open(folder: string, maxBytes: number): Promise<ArchiveCache> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found: (Kept & { key: string; usedAt: number })[] = [];
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const [, key, md5, bytes] = /^([0-9a-f]{64})-([0-9a-f]{32})-(\d+)\.zip$/.exec(name) ?? [];
      const { size, mtimeMs } = await stat(path);
      if (key && md5 && size === Number(bytes)) found.push({ key, path, md5, bytes: size, usedAt: mtimeMs });
      else await rm(path, { recursive: true });
    }
    found.sort((a, b) => a.usedAt - b.usedAt);
    const cache = new ArchiveCache(folder, maxBytes, new Map(found.map((kept) => [kept.key, kept])));
    await cache.#evict();
    return cache;
  }

  /**
   * Puts the archive at `target`, a path on the same file system. `downloaded` tells how many bytes that took from the
   * store: none when the archive was here. An abort ends the wait, not a download that others may be waiting for.
   */
  async place(
    request: CacheRequest,
    target: string,
    signal: AbortSignal,
  ): Promise<Downloaded & { downloaded: number }> {
    const key = createHash("sha256").update(request.contentId).digest("hex");
    for (let tries = 1; ; tries++) {
      const here = this.#kept.get(key);
      const found = here ?? (await unlessAborted(this.#arrival(key, request), signal));
      try {
        await link(found.path, target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries === maxTries) throw error;
        // Removed between the look-up and now.
        if (this.#kept.get(key) === found) this.#kept.delete(key);
        continue;
      }
      this.#kept.delete(key);
      this.#kept.set(key, found);
      // The order of use, for the next life; the link and the file in the cache are one.
      await utimes(target, new Date(), new Date());
      await this.#evict();
      return { bytes: found.bytes, md5: found.md5, downloaded: here ? 0 : found.bytes };
    }
  }

  /** One download, however many wait for it. */
  #arrival(key: string, request: CacheRequest): Promise<Kept> {
    const running = this.#arriving.get(key);
    if (running) return running;
    const arrival = this.#fetch(key, request).finally(() => this.#arriving.delete(key));
    this.#arriving.set(key, arrival);
    // All who wait may have gone.
    arrival.catch(() => {});
    return arrival;
  }

  async #fetch(key: string, { url, label, maxBytes }: CacheRequest): Promise<Kept> {
    const partial = join(this.#folder, `${randomUUID()}.partial`);
    try {
      const { bytes, md5 } = await download(url, partial, { label, maxBytes });
      const path = join(this.#folder, `${key}-${md5}-${bytes}.zip`);
      await rename(partial, path);
      const kept = { path, bytes, md5 };
      this.#kept.set(key, kept);
      return kept;
    } finally {
      await rm(partial, { force: true });
    }
  }

  async #evict(): Promise<void> {
    let total = [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [key, { path, bytes }] of this.#kept) {
      if (total <= this.#maxBytes) return;
      this.#kept.delete(key);
      total -= bytes;
      await unlink(path).catch(() => {});
    }
  }
}
