/** The members of an archive that becomes the contents of a worksheet bundle. */
import { isUtf8 } from "node:buffer";
import { maxPathBytes, UnusableArchive } from "../../../jobs/rules/archives/entries.ts";

/** Something that an archive unpacks to. */
export interface Member {
  /** Relative, without `.`, `..` and empty steps. */
  path: string;
  /** Permission bits. */
  mode: number;
  modified: Date;
  entry: MemberEntry;
}

export type MemberEntry =
  | { type: "directory" }
  | { type: "link"; target: string }
  /** Another name of a file that came before it. */
  | { type: "same"; as: string }
  /** `content` has exactly `size` bytes and is read before the next member is asked for. */
  | { type: "file"; size: number; content: AsyncIterable<Buffer> };

const maxNameBytes = 255;

/** What systems add to archives by themselves. `cl` leaves it out as well. */
const isNoise = (step: string): boolean => step === ".DS_Store" || step === "__MACOSX" || step.startsWith("._");

/**
 * The path of a member with this name; null for what is left out. Throws `UnusableArchive` if the path leads out of the archive or no
 * file system takes it.
 */
export function memberPath(name: string): string | null {
  if (name.includes("\0")) throw new UnusableArchive("has a NUL character in a name");
  const steps = name.split("/").filter((step) => step !== "" && step !== ".");
  if (steps.includes("..")) throw new UnusableArchive(`has a path that leads out of it, "${name}"`);
  if (steps.length === 0 || steps.some(isNoise)) return null;
  const long = steps.find((step) => Buffer.byteLength(step) > maxNameBytes);
  if (long !== undefined) throw new UnusableArchive(`has a name longer than 255 bytes, "${long.slice(0, 40)}…"`);
  const path = steps.join("/");
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new UnusableArchive(`has a path that is too long, "${path.slice(0, 80)}…"`);
  return path;
}

const [earliest, latest] = [Date.UTC(1980, 0, 2), Date.UTC(2037, 11, 30)];

/** A time that zip and tar can say. */
export const sayableTime = (time: Date): Date =>
  new Date(Math.min(latest, Math.max(earliest, Number.isNaN(time.getTime()) ? earliest : time.getTime())));

/** A byte string as text. Bytes that are not UTF-8 are shown with their numbers, as `%E9`, so that no name is lost. */
export function textOfBytes(bytes: string): string {
  const buffer = Buffer.from(bytes, "latin1");
  if (isUtf8(buffer)) return buffer.toString();
  return bytes.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
