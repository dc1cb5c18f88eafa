import { open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { CollectedFile } from "../contract/job.ts";
import { openRegular } from "./open-inside.ts";

const liveIntervalMs = 1_000;

export interface CollectorOptions {
  /** The output folder. Programs may be writing to it. */
  folder: string;
  /** A folder that no container mounts. */
  scratch: string;
  /** Uploads the file at `path` as the collected file `as`. When it throws, the file is uploaded at the next check. */
  upload: (as: string, path: string) => Promise<void>;
}

/**
 * Uploads single files of the output folder: `live` files whenever they change while the step runs, and all files at
 * its end. Files are copied before the upload, because the program may replace them at any time.
 */
export class Collector {
  readonly #files: CollectedFile[];
  readonly #options: CollectorOptions;
  /** The last uploaded version by `as`: inode, size and modification time. */
  readonly #uploaded = new Map<string, string>();
  /** The `as` names of files that are too large now. */
  readonly #tooLarge = new Set<string>();
  #watching: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(files: CollectedFile[], options: CollectorOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** Starts to check the live files for changes every second. */
  watch(): void {
    if (!this.#files.some(({ live }) => live)) return;
    this.#timer = setTimeout(() => {
      this.#watching = this.#look();
    }, liveIntervalMs);
  }

  async #look(): Promise<void> {
    for (const file of this.#files) if (file.live) await this.#collect(file).catch(() => {});
    if (!this.#stopped) this.watch();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#watching;
  }

  /** The files that were not uploaded at the end because they are too large. */
  get tooLarge(): CollectedFile[] {
    return this.#files.filter(({ as }) => this.#tooLarge.has(as));
  }

  /** Uploads the current files. Returns the `as` names of all files that were uploaded at least once. */
  async finish(): Promise<string[]> {
    await this.stop();
    await Promise.all(this.#files.map((file) => this.#collect(file)));
    return this.#files.flatMap(({ as }) => (this.#uploaded.has(as) ? as : []));
  }

  async #collect(wanted: CollectedFile): Promise<void> {
    const found = await this.#open(wanted);
    if (!found) return;
    try {
      const { ino, size, mtimeNs } = await found.stat({ bigint: true });
      const state = `${ino} ${size} ${mtimeNs}`;
      this.#tooLarge.delete(wanted.as);
      if (size > wanted.maxBytes) this.#tooLarge.add(wanted.as);
      if (size > wanted.maxBytes || this.#uploaded.get(wanted.as) === state) return;
      const copy = join(this.#options.scratch, wanted.as);
      await copyBytes(found, copy, Number(size));
      await this.#options.upload(wanted.as, copy);
      this.#uploaded.set(wanted.as, state);
    } finally {
      await found.close();
    }
  }

  async #open({ candidates }: CollectedFile): Promise<FileHandle | null> {
    for (const candidate of candidates) {
      for (const name of candidate.startsWith("*") ? await this.#namesEnding(candidate.slice(1)) : [candidate]) {
        const file = await openRegular(this.#options.folder, name);
        if (file) return file;
      }
    }
    return null;
  }

  async #namesEnding(ending: string): Promise<string[]> {
    const names = await readdir(this.#options.folder);
    return names.filter((name) => name.endsWith(ending)).sort();
  }
}

/** Copies `length` bytes, or fewer when the file has become shorter. */
async function copyBytes(from: FileHandle, target: string, length: number): Promise<void> {
  const to = await open(target, "w", 0o600);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(length, 1_048_576));
    for (let at = 0; at < length;) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, length - at), at);
      if (bytesRead === 0) return;
      await to.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await to.close();
  }
}
