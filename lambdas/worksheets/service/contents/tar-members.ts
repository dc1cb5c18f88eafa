import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { UnusableArchive } from "../../../jobs/rules/archives/entries.ts";
import { memberPath, sayableTime, textOfBytes, type Member, type MemberEntry } from "../../rules/contents/member.ts";

/** The members of a tar, in its order, while it is read. Throws `UnusableArchive` if it cannot be unpacked. */
export async function* tarMembers(source: AsyncIterable<Buffer>): AsyncIterable<Member> {
  // Names are bytes in any encoding, and the parser would replace those that are not UTF-8.
  const tar = extract({ filenameEncoding: "latin1" } as object);
  const failure = pipeline(source, tar).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  try {
    for await (const entry of tar) {
      const member = memberOf(entry.header, contentOf(entry as unknown as AsyncIterable<Buffer>, failure));
      if (member) yield member;
      // What was not read is skipped.
      entry.resume();
    }
  } catch (error) {
    throw readable(error as Error);
  }
}

/** The content of a member. If it breaks off, the tar knows why. */
async function* contentOf(entry: AsyncIterable<Buffer>, failure: Promise<Error | undefined>): AsyncIterable<Buffer> {
  try {
    yield* entry;
  } catch (error) {
    throw readable((await failure) ?? (error as Error));
  }
}

/** What people read about a defect of the tar itself. Errors of the source stay as they are. */
function readable(error: Error): Error {
  if (/^Invalid (tar )?header|^Header exceeds/.test(error.message))
    return new UnusableArchive("is not a tar archive, or is damaged");
  if (error.message === "Unexpected end of data") return new UnusableArchive("ends too early");
  return error;
}

function memberOf(header: Header, content: AsyncIterable<Buffer>): Member | null {
  // Names in PAX headers are decoded already.
  const pax = (header.pax ?? {}) as Partial<Record<string, string>>;
  const name = pax["path"] ?? textOfBytes(header.name);
  if (Object.keys(pax).some((key) => key.startsWith("GNU.sparse")))
    throw new UnusableArchive(`has a file with holes ("${name}"); create it without the option --sparse`);
  const path = memberPath(name);
  if (path === null) return null;
  const linkName = pax["linkpath"] ?? textOfBytes((header.linkname as string | null) ?? "");
  return {
    path,
    mode: header.mode & 0o777,
    modified: sayableTime(header.mtime),
    entry: entryOf(header, name, linkName, content),
  };
}

function entryOf({ type, size }: Header, name: string, linkName: string, content: AsyncIterable<Buffer>): MemberEntry {
  switch (type) {
    case "file":
    case "contiguous-file":
      return { type: "file", size, content };
    case "directory":
      return { type: "directory" };
    case "symlink":
      return { type: "link", target: linkName };
    case "link": {
      const as = memberPath(linkName);
      if (as === null) throw new UnusableArchive(`has a hard link to nothing, "${name}"`);
      return { type: "same", as };
    }
    // Also what the types of the library do not know.
    default:
      throw new UnusableArchive(`has a device or another special file, "${name}"`);
  }
}
