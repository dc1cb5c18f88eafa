export type ImageFormat = "jpeg" | "png" | "gif" | "webp";

const signatures: [ImageFormat, RegExp][] = [
  ["jpeg", /^\xff\xd8\xff/],
  ["png", /^\x89PNG\r\n\x1a\n/],
  ["gif", /^GIF8[79]a/],
  ["webp", /^RIFF[^]{4}WEBP/],
];

/** How many bytes of a file `imageFormat` needs. */
export const signatureBytes = 12;

/** The format of an image by its first 12 bytes; null if it is not a supported one. The file name is ignored. */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  const text = String.fromCharCode(...head.subarray(0, signatureBytes));
  return signatures.find(([, signature]) => signature.test(text))?.[0] ?? null;
}

/** Whether an image was cut off, for instance by an upload that broke. */
export function isCutOff(image: Buffer): boolean {
  switch (imageFormat(image)) {
    case "png":
      return !hasPngEnd(image);
    case "jpeg":
      return !hasJpegEnd(image);
    case "gif":
      // The end of the last block, and the trailer. A few programs write more bytes after it.
      return !image.subarray(-1024).includes("\0;");
    case "webp":
      return image.length < 8 + image.readUInt32LE(4);
    case null:
      return false;
  }
}

/** A PNG is a sequence of chunks: length, type, data and checksum. The last one has no data. */
function hasPngEnd(image: Buffer): boolean {
  for (let at = 8; at + 12 <= image.length;) {
    if (image.toString("latin1", at + 4, at + 8) === "IEND") return true;
    at += 12 + image.readUInt32BE(at);
  }
  return false;
}

/** A JPEG is a sequence of segments, of which the scan is followed by its data and the mark of the end. */
function hasJpegEnd(image: Buffer): boolean {
  for (let at = 2; at + 4 <= image.length;) {
    const isScan = image[at + 1] === 0xda;
    // Thumbnails in earlier segments have ends of their own.
    if (isScan || image[at] !== 0xff) return image.includes(Buffer.of(0xff, 0xd9), at);
    at += 2 + image.readUInt16BE(at + 2);
  }
  return false;
}
