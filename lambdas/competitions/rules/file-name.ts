/** Longer names do not fit into every file system. */
const maxBytes = 200;

/**
 * A name under which every file system can store a file: without characters that some of them forbid, and without
 * control and direction characters, which would show another name than there is. Long names lose the end of their stem.
 */
export function fileName(text: string): string {
  const safe = text
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"/\\|?*]/gu, "_")
    .replace(/[. ]+$/, "");
  const [, stem = "", ending = ""] = /^(.*?)((?:\.[\w-]{1,12}){0,2})$/su.exec(safe) ?? [];
  const characters = [...stem];
  while (Buffer.byteLength(characters.join("") + ending) > maxBytes) characters.pop();
  return characters.join("") + ending;
}
