import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

/** What files and folders occupy on a disk. */
export interface DiskUse {
  bytes: number;
  /** Files, folders and everything else that has a name. */
  entries: number;
  /** Whether something could not be measured because its path is longer than the system allows. */
  pathTooLong: boolean;
}

export const noUse: DiskUse = { bytes: 0, entries: 0, pathTooLong: false };

export const sumOf = (uses: DiskUse[]): DiskUse => ({
  bytes: uses.reduce((sum, { bytes }) => sum + bytes, 0),
  entries: uses.reduce((sum, { entries }) => sum + entries, 0),
  pathTooLong: uses.some(({ pathTooLong }) => pathTooLong),
});

/** What programs and container engines say of a folder that they may not read, and of a path that is too long. */
const unreadable = "permission denied";
const tooLong = "file name too long";
export const saysTooLong = (text: string): boolean => text.toLowerCase().includes(tooLong);

export interface MeasureOptions {
  /** A command that runs `du`, for instance as another user. */
  runBy?: string[];
  signal?: AbortSignal;
}

/**
 * Measures a folder with `du`, which opens each folder relative to the one above it, so that no path is too long for it. It
 * counts the blocks of files, because a sparse file occupies less than its length, the blocks of folders, and a file with
 * several names once. Does not follow links, and ignores what disappears meanwhile. `isPartial` says that some folders may
 * not be read.
 */
export async function measure(
  folder: string,
  { runBy = [], signal }: MeasureOptions = {},
): Promise<DiskUse & { isPartial: boolean }> {
  const run = (unit: string) => du([...runBy, "du", "-s", unit, "--", folder], signal);
  const [bytes, entries] = await Promise.all([run("--block-size=1"), run("--inodes")]);
  return {
    bytes: bytes.number,
    entries: entries.number,
    pathTooLong: bytes.pathTooLong,
    isPartial: bytes.isPartial,
  };
}

/**
 * Runs `du`. Returns the number that it prints, and what its messages mean. Throws when it prints none: the folder is missing,
 * or this is not the `du` of GNU.
 */
async function du([command = "", ...args]: string[], signal?: AbortSignal) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const [text, problems] = await Promise.all([beginning(child.stdout), problemsIn(child.stderr), once(child, "close")]);
  const number = parseInt(text, 10);
  if (Number.isNaN(number)) throw new Error("du printed no size");
  return { number, ...problems };
}

async function beginning(stream: Readable): Promise<string> {
  let text = "";
  for await (const piece of stream) if (text.length < 20) text += String(piece);
  return text;
}

/** Reads the messages of a program that walks folders. There may be one for each of many folders. */
export async function problemsIn(messages: Readable): Promise<{ isPartial: boolean; pathTooLong: boolean }> {
  const found = { isPartial: false, pathTooLong: false };
  let end = "";
  for await (const piece of messages) {
    const text = end + String(piece).toLowerCase();
    found.isPartial ||= text.includes(unreadable);
    found.pathTooLong ||= text.includes(tooLong);
    end = text.slice(-unreadable.length);
  }
  return found;
}
