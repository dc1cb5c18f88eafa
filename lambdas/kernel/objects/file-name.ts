/** Names of files that people download. */

/** Longer names do not fit into every file system. */
const maxBytes = 200;

/**
 * A name under which every file system can store a file: without characters that some of them forbid, and without
 * control and direction characters, which would show another name than there is. Long names lose the end of their stem. A text
 * that names a folder, as `..` does, becomes `file`.
 */
export function fileName(text: string): string {
  const safe = text
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"/\\|?*]/gu, "_")
    .replace(/[. ]+$/, "");
  const [, stem = "", ending = ""] = /^(.*?)((?:\.[\w-]{1,12}){0,2})$/su.exec(safe) ?? [];
  const characters = [...stem];
  while (Buffer.byteLength(characters.join("") + ending) > maxBytes) characters.pop();
  return characters.join("") + ending || "file";
}

/**
 * The Content-Disposition header that makes browsers save an answer under a file name: in UTF-8, and for old clients
 * without characters outside ASCII.
 */
export const attachment = (name: string): string => `attachment; ${named(name)}`;

/** The Content-Disposition header of an answer that browsers show, with the name under which they save it. */
export const inline = (name: string): string => `inline; ${named(name)}`;

function named(name: string): string {
  const safe = fileName(name);
  const plain = safe.replace(/[^\x20-\x7e]|%/g, "_");
  const escape = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const encoded = encodeURIComponent(safe).replace(/['()*]/g, escape);
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}
