/** Writes the contents of worksheet bundles into the store. */
import { randomUUID } from "node:crypto";
import { createGunzip } from "node:zlib";
import { UnusableArchive } from "../../../jobs/rules/archives/entries.ts";
import { enqueueErasure } from "../../../jobs/service/erase.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import { ObjectMissing } from "../../../kernel/objects/errors.ts";
import { ObjectReader } from "../../../kernel/objects/object-reader.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { Bundle } from "../../db/bundles.ts";
import { entriesOf, forgetUnfinished, insertContents, noteProgress, type NewContents } from "../../db/contents.ts";
import { copyFiles, fileAsFolder, findFile, insertFiles } from "../../db/files.ts";
import { archiveFormat, type ArchiveFormat } from "../../rules/contents/archive-name.ts";
import type { FolderEntry } from "../../rules/contents/folder-entry.ts";
import type { Member } from "../../rules/contents/member.ts";
import { usageOfPerson } from "../quota.ts";
import { bunzip2 } from "./bzip2.ts";
import { folderZip, type FolderSink } from "./folder-zip.ts";
import { refOf } from "./read.ts";
import { through } from "./streams.ts";
import { tarMembers } from "./tar-members.ts";
import { zipMembers } from "./zip-members.ts";

/** The quota is checked whenever so many bytes have come. A person exceeds it by no more, in each of their uploads. */
const checkedBytes = 8 * 1024 ** 2;
/** A slow upload shows so often that it goes on. */
const checkedMs = 60_000;
const rowsAtOnce = 500;
/** The same for the entries of folders. */
const checkedEntries = 20_000;
/** A file may be empty, but its entry is not: a person may have one for so many bytes of their quota, and some in any case. */
const quotaBytesOfEntry = 4096;
const minEntries = 1000;

/** Refuses when the owner of a bundle stores more than they may. */
export async function requireSpaceLeft(context: Pick<Context, "environment" | "db">, ownerId: number): Promise<void> {
  const { disk_used: used, disk_quota: quota } = await usageOfPerson(context, context.db, ownerId);
  if (used > quota)
    throw new Refusal(
      "invalid",
      "QUOTA_EXCEEDED",
      `User disk quota exceeded: ${used} bytes would be stored, and ${quota} may be. Delete bundles that are no longer needed, or ask an administrator for more.`,
    );
  const maxEntries = Math.max(minEntries, Math.floor(quota / quotaBytesOfEntry));
  const entries = await entriesOf(context.db, ownerId);
  if (entries > maxEntries)
    throw new Refusal(
      "invalid",
      "QUOTA_EXCEEDED",
      `User disk quota exceeded: bundles would have ${entries} files and folders, and may have ${maxEntries}, one for each ${quotaBytesOfEntry} bytes of the quota. Pack small files into archives that are not unpacked, or delete bundles that are no longer needed.`,
    );
}

/** Counts the bytes of contents while they come. */
class Progress {
  bytes = 0;
  /** Of the index. */
  entries = 0;
  #checked = 0;
  #checkedEntries = 0;
  #checkedAt: number;
  readonly #context: Context;
  readonly #contentId: string;
  readonly #ownerId: number;

  constructor(context: Context, contentId: string, ownerId: number) {
    this.#context = context;
    this.#contentId = contentId;
    this.#ownerId = ownerId;
    this.#checkedAt = context.now().getTime();
  }

  take = async (bytes: number): Promise<void> => {
    this.bytes += bytes;
    const isLongAgo = this.#context.now().getTime() - this.#checkedAt >= checkedMs;
    if (this.bytes - this.#checked >= checkedBytes || isLongAgo) await this.check();
  };

  takeEntries = async (entries: number): Promise<void> => {
    this.entries += entries;
    if (this.entries - this.#checkedEntries >= checkedEntries) await this.check();
  };

  check = async (): Promise<void> => {
    this.#checked = this.bytes;
    this.#checkedEntries = this.entries;
    this.#checkedAt = this.#context.now().getTime();
    if (!(await noteProgress(this.#context.db, this.#contentId, this)))
      throw new Refusal("not-found", "NO_SUCH_BUNDLE", "The bundle was deleted while its contents were uploaded.");
    await requireSpaceLeft(this.#context, this.#ownerId);
  };

  /** Forgets what came so far: it was only a wrapping. */
  restart(): void {
    [this.bytes, this.entries, this.#checked, this.#checkedEntries] = [0, 0, 0, 0];
  }

  async *counted(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const piece of source) {
      await this.take(piece.length);
      yield piece;
    }
  }
}

/** Writes the index of a folder in batches. */
class FolderIndex implements FolderSink {
  readonly take: Progress["take"];
  readonly #progress: Progress;
  readonly #context: Context;
  readonly #contentId: string;
  #entries = new Map<string, { entry: FolderEntry; implied: boolean }>();

  constructor(context: Context, contentId: string, progress: Progress) {
    this.#context = context;
    this.#contentId = contentId;
    this.take = progress.take;
    this.#progress = progress;
  }

  async index(entry: FolderEntry, { implied }: { implied: boolean }): Promise<void> {
    if (implied && this.#entries.has(entry.path)) return;
    this.#entries.set(entry.path, { entry, implied });
    if (this.#entries.size >= rowsAtOnce) await this.flush();
  }

  async find(path: string): Promise<FolderEntry | undefined> {
    return this.#entries.get(path)?.entry ?? findFile(this.#context.db, this.#contentId, path);
  }

  async flush(): Promise<void> {
    const all = [...this.#entries.values()];
    this.#entries = new Map();
    await this.#progress.takeEntries(all.length);
    for (const keep of [true, false])
      await insertFiles(
        this.#context.db,
        this.#contentId,
        all.flatMap(({ entry, implied }) => (implied === keep ? entry : [])),
        keep,
      );
  }

  /** Writes what is left. Refuses a folder in which a file or a link has members. */
  async end(): Promise<void> {
    await this.flush();
    const path = await fileAsFolder(this.#context.db, this.#contentId);
    if (path !== undefined) throw new UnusableArchive(`has "${path}" as a file and as a folder`);
  }
}

/** Contents that come from somewhere. */
export type Source =
  | { kind: "members"; members: AsyncIterable<Member> }
  /** What another bundle has, which the store copies. */
  | { kind: "same"; key: string; content: NewContents["content"]; bytes: number }
  /** A file that keeps its form, or an archive that is unpacked if it is to be. */
  | { kind: "file"; name: string; unpack: boolean; bytes: AsyncIterable<Buffer> };

/**
 * Stores contents for a bundle, and passes them to `keep`, which refers to them. If something fails, nothing is left. Throws `UnusableArchive`, or a refusal.
 */
export async function storeContents<Result>(
  context: Context,
  bundle: Pick<Bundle, "id" | "uuid" | "owner_id">,
  source: Source,
  keep: (contents: NewContents) => Promise<Result>,
): Promise<Result> {
  const { db, objects } = context;
  const key = `bundles/${bundle.uuid}/${randomUUID()}`;
  const id = await insertContents(db, bundle.id, key);
  const progress = new Progress(context, id, bundle.owner_id);
  const asFile = async (bytes: AsyncIterable<Buffer>): Promise<NewContents> => {
    await objects.upload(refOf(key), progress.counted(bytes));
    return { content: "file", key, bytes: progress.bytes };
  };
  const asFolder = async (members: AsyncIterable<Member>): Promise<NewContents> => {
    const index = new FolderIndex(context, id, progress);
    await objects.upload(refOf(key), folderZip(members, index), "application/zip");
    await index.end();
    return { content: "archive", key, bytes: progress.bytes };
  };
  const asCopy = async ({ key: from, content, bytes }: Source & { kind: "same" }): Promise<NewContents> => {
    await progress.take(bytes);
    const info = await objects.head(refOf(from));
    if (!info) throw new ObjectMissing(refOf(from));
    await objects.copy(refOf(from), info, refOf(key));
    if (content === "archive") await progress.takeEntries(await copyFiles(db, from, id));
    return { content, key, bytes };
  };
  const unpacked: Record<ArchiveFormat, (bytes: AsyncIterable<Buffer>) => Promise<NewContents>> = {
    "tar.gz": (bytes) => asFolder(tarMembers(gunzipped(bytes))),
    "tar.bz2": (bytes) => asFolder(tarMembers(bunzip2(bytes))),
    zip: (bytes) => withStaged(context, `${key}.zip`, progress, bytes, (reader) => asFolder(zipMembers(reader))),
    gz: (bytes) => asFile(gunzipped(bytes)),
    bz2: (bytes) => asFile(bunzip2(bytes)),
  };
  try {
    const contents = await (() => {
      if (source.kind === "members") return asFolder(source.members);
      if (source.kind === "same") return asCopy(source);
      const format = source.unpack ? archiveFormat(source.name) : null;
      return format ? unpacked[format](source.bytes) : asFile(source.bytes);
    })();
    await progress.check();
    return await keep(contents);
  } catch (error) {
    await transact(context, async (tx) => {
      await forgetUnfinished(tx, id);
      await enqueueErasure(tx, context, { jobIds: [], uploads: [key] });
    });
    throw error;
  }
}

/** The directory of a zip is at its end, so it is stored for a moment. */
async function withStaged<Result>(
  { objects }: Context,
  key: string,
  progress: Progress,
  bytes: AsyncIterable<Buffer>,
  use: (reader: ObjectReader) => Promise<Result>,
): Promise<Result> {
  const ref = refOf(key);
  try {
    await objects.upload(ref, progress.counted(bytes), "application/zip");
    // From now on, what is in it counts, and not what it was packed to.
    progress.restart();
    const reader = new ObjectReader(objects, ref, (await objects.head(ref))!);
    try {
      return await use(reader);
    } finally {
      reader.close();
    }
  } finally {
    await objects.delete(ref);
  }
}

/** Decompresses gzip. Throws `UnusableArchive` if it is none. */
async function* gunzipped(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  try {
    yield* through(bytes, createGunzip());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR") throw new UnusableArchive("ends too early");
    if (code?.startsWith("Z_")) throw new UnusableArchive("is no gzip file, or is damaged");
    throw error;
  }
}
