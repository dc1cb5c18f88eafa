/** What a file is that a task names as a program or as data, where workers need a zip. */

/** `zip`: a zip, even if it is damaged. `archive`: another kind of archive. `data`: anything else. */
export type LooseFile = "zip" | "archive" | "data";

const zipStart = /^PK(?:\x03\x04|\x05\x06|\x06\x06)/;
const otherArchive = /^(?:Rar!|7z\xbc\xaf\x27\x1c)/;
const otherArchiveName = /\.(?:tar|tgz|tbz2?|txz|tar\.\w{1,4}|7z|rar)$/i;
const tarMark = "ustar";
const tarMarkAt = 257;

/** Tells by the name of a file and its first 512 bytes. */
export function looseFile(path: string, head: Buffer): LooseFile {
  const start = head.toString("latin1");
  if (zipStart.test(start)) return "zip";
  if (otherArchive.test(start) || start.startsWith(tarMark, tarMarkAt) || otherArchiveName.test(path)) return "archive";
  return path.toLowerCase().endsWith(".zip") ? "zip" : "data";
}
