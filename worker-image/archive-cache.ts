import { createHash, randomUUID } from "node:crypto";
import { link, readdir, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { download } from "./download.ts";
import type { Downloaded } from "./download.ts";
import { unlessAborted } from "./failure.ts";
import { makeFolder } from "./make-folder.ts";

/** An archive may be evicted just before it is linked, but not several times in a row. */
const maxTries = 3;

interface CachedArchive extends Downloaded {
  path: string;
}

export interface CacheRequest {
  /** Stable identifier of the content; see `SignedObject`. */
  contentId: string;
  url: string;
  label: string;
  maxBytes: number;
}

/**
 * A cache of archives on disk, by content. It holds at most `maxBytes`, and evicts the archives that were used least
 * recently.
 *
 * A file's name holds its content id, MD5 and size, so a restarted worker needs no index, and a file of the wrong
 * length is detected. Each caller gets its own hard link, so eviction never takes a file away from an attempt.
 */
export class ArchiveCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #archives: Map<string, CachedArchive>;
  readonly #downloads = new Map<string, Promise<CachedArchive>>();

  private constructor(folder: string, maxBytes: number, kept: Map<string, CachedArchive>) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#archives = kept;
  }

  /** Opens the cache in a folder that only this process uses. Removes incomplete downloads of an earlier process. */
  static async open(folder: string, maxBytes: number): Promise<ArchiveCache> {
    await makeFolder(folder, 0o700);
    const found: (CachedArchive & { key: string; usedAt: number })[] = [];
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
   * Links the archive to `target`, a path on the same file system, and downloads it first if needed. `downloaded` is
   * the number of bytes that came from the store: 0 when the archive was cached. An abort ends only this wait, because
   * other attempts may wait for the same download.
   */
  async place(
    request: CacheRequest,
    target: string,
    signal: AbortSignal,
  ): Promise<Downloaded & { downloaded: number }> {
    const key = createHash("sha256").update(request.contentId).digest("hex");
    for (let tries = 1; ; tries++) {
      const here = this.#archives.get(key);
      const found = here ?? (await unlessAborted(this.#downloadOnce(key, request), signal));
      try {
        await link(found.path, target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries === maxTries) throw error;
        // Evicted between the look-up and now.
        if (this.#archives.get(key) === found) this.#archives.delete(key);
        continue;
      }
      this.#archives.delete(key);
      this.#archives.set(key, found);
      // A restarted worker reads the order of use from this time. The link and the cached file share it.
      await utimes(target, new Date(), new Date());
      await this.#evict();
      return { bytes: found.bytes, md5: found.md5, downloaded: here ? 0 : found.bytes };
    }
  }

  /** Downloads an archive once, however many attempts wait for it. */
  #downloadOnce(key: string, request: CacheRequest): Promise<CachedArchive> {
    const running = this.#downloads.get(key);
    if (running) return running;
    const started = this.#fetch(key, request).finally(() => this.#downloads.delete(key));
    this.#downloads.set(key, started);
    // Every waiting attempt may have been aborted, and nobody else handles the error.
    started.catch(() => {});
    return started;
  }

  async #fetch(key: string, { url, label, maxBytes }: CacheRequest): Promise<CachedArchive> {
    const partial = join(this.#folder, `${randomUUID()}.partial`);
    try {
      const { bytes, md5 } = await download(url, partial, { label, maxBytes });
      const path = join(this.#folder, `${key}-${md5}-${bytes}.zip`);
      await rename(partial, path);
      const kept = { path, bytes, md5 };
      this.#archives.set(key, kept);
      return kept;
    } finally {
      await rm(partial, { force: true });
    }
  }

  async #evict(): Promise<void> {
    let total = [...this.#archives.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [key, { path, bytes }] of this.#archives) {
      if (total <= this.#maxBytes) return;
      this.#archives.delete(key);
      total -= bytes;
      await unlink(path).catch(() => {});
    }
  }
}
