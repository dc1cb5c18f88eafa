import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { crc32 } from "node:zlib";
import { ByteReader } from "./byte-reader.ts";
import { S3Error, accessDenied, invalidArgument, missingLength } from "./errors.ts";
import { type Authorization, sameSecret, sha256 } from "./signature.ts";

/** The content of a request, without aws-chunked framing and with all checksums verified. */
export interface RequestBody {
  size: number;
  /** Throws `S3Error` after the last byte when a checksum is wrong, so nothing may be stored before its end. */
  chunks: AsyncIterable<Buffer>;
}

/** S3's limit for one PUT or one part. */
const maxPutBytes = 5 * 1024 ** 3;
const crlf = Buffer.from("\r\n");
const badDigest = (name: string) =>
  new S3Error(400, "BadDigest", `The ${name} you specified did not match what we received.`);

/** A checksum of the whole body. CRC32C and CRC64NVME are not verified, because Node cannot compute them natively. */
interface Checksum {
  update: (chunk: Buffer) => void;
  base64: () => string;
}

function hashed(hash: Hash): Checksum {
  return { update: (chunk) => hash.update(chunk), base64: () => hash.digest("base64") };
}

function checksum(name: string): Checksum | undefined {
  if (name === "x-amz-checksum-sha256") return hashed(createHash("sha256"));
  if (name === "x-amz-checksum-sha1") return hashed(createHash("sha1"));
  if (name !== "x-amz-checksum-crc32") return undefined;
  let value = 0;
  return {
    update: (chunk) => (value = crc32(chunk, value)),
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString("base64");
    },
  };
}

/** Reads the body of a request with a valid signature. `bytes` are the bytes after the headers. */
export function requestBody(
  headers: IncomingHttpHeaders,
  bytes: AsyncIterable<Buffer>,
  authorization: Authorization,
): RequestBody {
  const streaming = authorization.payloadHash.startsWith("STREAMING-");
  const announced = headers[streaming ? "x-amz-decoded-content-length" : "content-length"];
  const size = Number(announced);
  if (announced === undefined || !Number.isSafeInteger(size) || size < 0) throw missingLength();
  if (size > maxPutBytes)
    throw new S3Error(400, "EntityTooLarge", "One upload may have at most 5 GiB. Upload in parts.");
  const source = streaming ? decodeChunks(bytes, size, headers["x-amz-trailer"], authorization) : bytes;
  return { size, chunks: verified(source) };

  async function* verified(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { payloadHash } = authorization;
    const isHash = /^[0-9a-f]{64}$/.test(payloadHash);
    if (!isHash && !streaming && payloadHash !== "UNSIGNED-PAYLOAD")
      throw invalidArgument("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-... or a SHA-256 in hex.");
    const payload = isHash ? createHash("sha256") : undefined;
    const md5 = headers["content-md5"] === undefined ? undefined : createHash("md5");
    const sums = Object.keys(headers).flatMap((name) => {
      const sum = checksum(name);
      return sum ? [{ name, sum }] : [];
    });
    for await (const chunk of chunks) {
      payload?.update(chunk);
      md5?.update(chunk);
      for (const { sum } of sums) sum.update(chunk);
      yield chunk;
    }
    if (payload && payload.digest("hex") !== payloadHash)
      throw new S3Error(400, "XAmzContentSHA256Mismatch", "The body does not match x-amz-content-sha256.");
    if (md5 && md5.digest("base64") !== headers["content-md5"]) throw badDigest("Content-MD5");
    for (const { name, sum } of sums) if (sum.base64() !== headers[name]) throw badDigest(name);
  }
}

/**
 * Removes the aws-chunked framing, `size[;chunk-signature=...]\r\n bytes \r\n`, up to the empty chunk and the trailer.
 * Yields a signed chunk before its signature is checked, so the caller may store nothing before the end.
 */
async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  decodedBytes: number,
  trailerName: string | string[] | undefined,
  { payloadHash, signNext }: Authorization,
): AsyncGenerator<Buffer> {
  const signed = payloadHash.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  if (!signed && payloadHash !== "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    throw invalidArgument("This kind of chunked upload (x-amz-content-sha256) is not supported.");
  const reader = new ByteReader(source);
  const name = payloadHash.endsWith("-TRAILER") ? String(trailerName ?? "") : "";
  const sum = checksum(name);
  let left = decodedBytes;
  for (let length = -1; length !== 0;) {
    const [size = "", extension = ""] = (await reader.text(crlf, 1024)).split(";");
    length = /^[0-9a-f]{1,9}$/i.test(size) ? Number.parseInt(size, 16) : -1;
    if (length < 0 || length > left)
      throw new S3Error(400, "IncompleteBody", "A chunk of the body has a wrong length.");
    left -= length;
    const hash = signed ? createHash("sha256") : undefined;
    for await (const piece of reader.take(length)) {
      hash?.update(piece);
      sum?.update(piece);
      yield piece;
    }
    if (hash && !sameSecret(`chunk-signature=${signNext("PAYLOAD", [sha256(""), hash.digest("hex")])}`, extension))
      throw new S3Error(403, "SignatureDoesNotMatch", "The signature of a chunk of the body does not match.");
    if (length > 0 && (await reader.text(crlf, 0)) !== "")
      throw new S3Error(400, "IncompleteBody", "A chunk is malformed.");
  }
  if (left > 0) throw new S3Error(400, "IncompleteBody", "The body is shorter than x-amz-decoded-content-length.");

  const trailer = new Map<string, string>();
  for (let line = await reader.text(crlf, 1024); line !== ""; line = await reader.text(crlf, 1024)) {
    const colon = line.indexOf(":");
    trailer.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  await reader.discard();
  if (signed && payloadHash.endsWith("-TRAILER")) {
    const signature = trailer.get("x-amz-trailer-signature") ?? "";
    if (!sameSecret(signNext("TRAILER", [sha256(`${name}:${trailer.get(name) ?? ""}\n`)]), signature))
      throw accessDenied("The signature of the trailer does not match.");
  }
  if (sum && sum.base64() !== trailer.get(name)) throw badDigest(name);
}
