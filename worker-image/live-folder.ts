/** Answers questions to a running step. */
import { constants } from "node:fs";
import { lstat, open, opendir, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { maxAnswerBytes, maxListed } from "../contract/job.ts";
import type { FolderQuestion, Question, SeenItem } from "../contract/job.ts";
import { answerOnPort, isPortQuestion, Unreachable, type Connect, type Parts } from "./live-port.ts";
import { openInside, openRegular, selfPath } from "./open-inside.ts";

/** What a question is answered with: its head as a line, then bytes of a file. */
export async function answer(folder: string, connect: Connect, question: Question): Promise<Buffer> {
  const answered = isPortQuestion(question) ? answerOnPort(connect, question) : answerParts(folder, question);
  const { head, bytes } = await answered.catch((error: unknown): Parts => {
    if (error instanceof Unreachable) return refused(error.message);
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EACCES" ? "The worker may not read it." : "The worker could not do it.";
    return refused(why);
  });
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytes ?? Buffer.alloc(0)]);
}

const missing: Parts = { head: { kind: "missing" } };
const refused = (why: string): Parts => ({ head: { kind: "refused", why } });

async function answerParts(folder: string, question: FolderQuestion): Promise<Parts> {
  if (question.path.split("/").includes("..")) return refused("A path does not lead upward.");
  if (question.kind === "list") return list(folder, question);
  return question.kind === "read" ? read(folder, question) : write(folder, question);
}

async function list(folder: string, { path, depth }: FolderQuestion & { kind: "list" }): Promise<Parts> {
  const listing = new Listing();
  const name = basename(path);
  // A link is shown as a link, and not what it leads to.
  const around = await openInside(folder, path === "" ? "" : dirname(path));
  if (around === null) return missing;
  try {
    const item = await listing.item(path === "" ? selfPath(around) : join(selfPath(around), name), name, depth);
    return item === null ? missing : { head: { kind: "list", item, isCut: listing.isCut } };
  } finally {
    await around.close();
  }
}

class Listing {
  #items = 0;
  isCut = false;

  /** What is at a path; null if it is gone. Nothing of it is a link, except `name`. */
  async item(path: string, name: string, depth: number): Promise<SeenItem | null> {
    const isRoot = name === "";
    const stats = await lstat(isRoot ? `${path}/.` : path).catch(() => null);
    if (stats === null) return null;
    const base = { name, size: stats.size, mode: stats.mode & 0o7777 };
    if (stats.isFile()) return { ...base, kind: "file" };
    if (stats.isSymbolicLink()) return { ...base, kind: "link", target: await readlink(path).catch(() => "") };
    if (!stats.isDirectory()) return { ...base, kind: "special" };
    return { ...base, kind: "folder", ...(depth > 0 && { contents: await this.#contents(path, isRoot, depth - 1) }) };
  }

  async #contents(path: string, isRoot: boolean, depth: number): Promise<SeenItem[]> {
    // By what was opened: meanwhile the program may have put a link in its place.
    const folder = await open(path, constants.O_DIRECTORY | (isRoot ? 0 : constants.O_NOFOLLOW)).catch(() => null);
    if (folder === null) return [];
    const items: SeenItem[] = [];
    try {
      for await (const { name } of await opendir(selfPath(folder))) {
        if (++this.#items > maxListed) {
          this.isCut = true;
          break;
        }
        const item = await this.item(join(selfPath(folder), name), name, depth);
        if (item !== null) items.push(item);
      }
    } finally {
      await folder.close();
    }
    return items.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

async function read(folder: string, { path, from, length }: FolderQuestion & { kind: "read" }): Promise<Parts> {
  const file = await openRegular(folder, path);
  if (file === null) return missing;
  try {
    const { size } = await file.stat();
    const start = from < 0 ? Math.max(0, size + from) : from;
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, maxAnswerBytes, size - start)));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { head: { kind: "read", size, from: start }, bytes: buffer.subarray(0, filled) };
  } finally {
    await file.close();
  }
}

async function write(folder: string, { path, text }: FolderQuestion & { kind: "write" }): Promise<Parts> {
  const around = path === "" ? null : await openInside(folder, dirname(path));
  if (around === null) return missing;
  try {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
    const target = join(selfPath(around), basename(path));
    const file = await open(target, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o666);
    try {
      if (!(await file.stat()).isFile()) return refused("It is not a file.");
      await file.writeFile(text);
      // The umask takes the right to write from the user of the program.
      await file.chmod(0o666).catch(() => {});
    } finally {
      await file.close();
    }
    return { head: { kind: "written" } };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "EISDIR" || code === "ENXIO") return refused("It is not a file.");
    throw error;
  } finally {
    await around.close();
  }
}
