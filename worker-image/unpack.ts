import { constants } from "node:fs";
import { open, symlink } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import type { ZipFile } from "yauzl";
import { ArchiveItems, UnusableArchive } from "../lambdas/jobs/rules/archives/entries.ts";
import type { ArchiveItem } from "../lambdas/jobs/rules/archives/entries.ts";
import { linkProblem } from "../lambdas/jobs/rules/archives/links.ts";
import { shownPath } from "../lambdas/jobs/rules/archives/names.ts";
import { folderWithMetadata } from "../lambdas/jobs/rules/archives/top-folder.ts";
import { openArchive } from "./archive-file.ts";
import { readableSize, StepFailure } from "./failure.ts";
import { parentOf, pathIn, SharedFolders } from "./tree.ts";

/** Decompression uses the thread pool, and small files wait for the disk. */
const maxConcurrentEntries = 4;

export interface UnpackOptions {
  /** Name of the archive in messages. */
  label: string;
  /** The unpacked bytes are deducted from it. */
  budget: DiskBudget;
  /** Whether the content of a single top folder with metadata is unpacked without that folder. */
  liftTopFolder?: boolean | undefined;
}

/** The total number of bytes to which the archives of a step may unpack. */
export class DiskBudget {
  readonly #bytes: number;
  #left: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  /** Deducts the bytes of an archive. Throws `StepFailure` DISK_LIMIT when too few are left. */
  take(bytes: number, label: string): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const message = `The unpacked archives of this step exceed its disk limit of ${readableSize(this.#bytes)} ("${label}" alone has ${readableSize(bytes)}).`;
    throw new StepFailure("DISK_LIMIT", message);
  }
}

/**
 * Unpacks a zip archive into an existing folder. All files are readable and writable for every user, because images
 * define the users of containers. All entries are checked before the first byte is written. Throws `StepFailure`
 * BAD_ARCHIVE, whose message names the archive and the entry, or DISK_LIMIT.
 */
export async function unpack(archive: string, folder: string, options: UnpackOptions): Promise<void> {
  const { label, budget } = options;
  const { zip, comment, file } = await openArchive(archive).catch(() => {
    throw badArchive(
      label,
      "is not a zip archive, or a part of it is missing; create it with a standard zip program and upload all of it",
    );
  });
  try {
    const items = await listing(zip, comment, options);
    const links = await linksOf(zip, items, label);
    budget.take(
      items.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0),
      label,
    );
    const folders = new SharedFolders(folder);
    for (const { path, kind } of items) await folders.make(kind === "folder" ? path : parentOf(path));
    const files = items.filter(({ kind }) => kind === "file");
    let next = 0;
    const worker = async () => {
      try {
        for (let item = files[next++]; item; item = files[next++]) await writeFile(zip, item, folder, label);
      } finally {
        // After a failure, the others write no more files either.
        next = files.length;
      }
    };
    // Waits for all workers, so that none writes into a folder that is being removed.
    const results = await Promise.allSettled(Array.from({ length: maxConcurrentEntries }, worker));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    // Last, so that no file is written through a link.
    for (const [path, target] of links)
      await symlink(Buffer.from(target, "latin1"), pathIn(folder, path)).catch(refuseExisting(label, path));
  } finally {
    zip.close();
    await file.close();
  }
}

async function listing(zip: ZipFile, comment: string, { label, liftTopFolder }: UnpackOptions): Promise<ArchiveItem[]> {
  const items = new ArchiveItems(comment);
  try {
    for await (const entry of zip.eachEntry()) items.add(entry);
    const listed = items.end();
    return liftTopFolder === true ? lifted(listed) : listed;
  } catch (error) {
    if (error instanceof UnusableArchive) throw badArchive(label, error.message);
    throw badArchive(label, `has a bad entry: ${(error as Error).message}`);
  }
}

/** The items of the single top folder with metadata, if there is one, with paths relative to it. */
function lifted(items: ArchiveItem[]): ArchiveItem[] {
  const folder = folderWithMetadata(items.flatMap(({ path, kind }) => (kind === "file" ? path : [])));
  if (folder === undefined) return items;
  const prefix = `${folder}/`;
  return items.flatMap((item) =>
    item.path.startsWith(prefix) ? { ...item, path: item.path.slice(prefix.length) } : [],
  );
}

/** The targets of all links by path. Throws BAD_ARCHIVE if one of them leads out of the archive. */
async function linksOf(zip: ZipFile, items: ArchiveItem[], label: string): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const { path, kind, entry } of items) {
    if (kind !== "link") continue;
    const target = await zip.openReadStreamPromise(entry).then(buffer, (error: unknown) => {
      throw badArchive(label, `is damaged at "${shownPath(path)}": ${(error as Error).message}`);
    });
    if (target.length === 0 || target.includes(0))
      throw badArchive(label, `has a link without a valid target, "${shownPath(path)}"`);
    links.set(path, target.toString("latin1"));
  }
  for (const path of links.keys()) {
    const problem = linkProblem(path, links);
    if (problem !== undefined) throw badArchive(label, `has a symbolic link that ${problem}, "${shownPath(path)}"`);
  }
  return links;
}

async function writeFile(
  zip: ZipFile,
  { path, entry, executable }: ArchiveItem,
  folder: string,
  label: string,
): Promise<void> {
  // Exclusive, so that an existing file or link is never written to.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(pathIn(folder, path), flags, 0o600).catch(refuseExisting(label, path));
  try {
    await file.chmod(executable ? 0o777 : 0o666);
    let checksum = 0;
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      checksum = crc32(chunk as Buffer, checksum);
      await file.writeFile(chunk as Buffer);
    }
    if (checksum !== entry.crc32) throw new Error("its checksum is wrong");
  } catch (error) {
    // Disk errors have a code of the operating system; all other errors are about the archive.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw error;
    throw badArchive(label, `is damaged at "${shownPath(path)}": ${(error as Error).message}`);
  } finally {
    await file.close();
  }
}

const refuseExisting = (label: string, path: string) => (error: NodeJS.ErrnoException) => {
  if (error.code === "EEXIST")
    throw badArchive(label, `has "${shownPath(path)}", which another archive of the same folder has too`);
  throw error;
};

const badArchive = (label: string, what: string): StepFailure =>
  new StepFailure("BAD_ARCHIVE", `The archive "${label}" ${what.replace(/\.$/, "")}.`);
