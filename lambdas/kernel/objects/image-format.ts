type ImageFormat = "jpeg" | "png" | "gif" | "webp";

const signatures: [ImageFormat, RegExp][] = [
  ["jpeg", /^\xff\xd8\xff/],
  ["png", /^\x89PNG\r\n\x1a\n/],
  ["gif", /^GIF8[79]a/],
  ["webp", /^RIFF[^]{4}WEBP/],
];

/** The format of an image by its first 12 bytes; null if it is not a supported one. The file name is ignored. */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  const text = String.fromCharCode(...head.subarray(0, 12));
  return signatures.find(([, signature]) => signature.test(text))?.[0] ?? null;
}
