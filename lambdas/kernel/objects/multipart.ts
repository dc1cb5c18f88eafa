/** Uploads a stream of unknown length to S3. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

/** S3 allows 10000 parts, so an object may have up to 78 GiB. */
const partBytes = 8 * 1024 ** 2;
/** Size of the first buffer, which is enough for most bodies. */
const firstBytes = 128 * 1024;

interface Target {
  Bucket: string;
  Key: string;
  ContentType: string;
}

/**
 * Uploads a body of unknown length and returns the length. A body that fits in one part takes one PUT. Otherwise one part is
 * sent while the next is collected. An error aborts the upload, so that no parts remain that cost money.
 */
export async function uploadParts(client: S3Client, target: Target, body: AsyncIterable<Buffer>): Promise<number> {
  const parts = cut(body);
  const first = await parts.next();
  const second = first.done ? first : await parts.next();
  if (first.done || second.done) {
    const Body = first.value ?? Buffer.alloc(0);
    await client.send(new PutObjectCommand({ ...target, Body, ContentLength: Body.length }));
    return Body.length;
  }

  const { Bucket, Key } = target;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const done: CompletedPart[] = [];
  let size = 0;
  const send = async (Body: Buffer): Promise<void> => {
    const part = { Bucket, Key, UploadId, PartNumber: done.length + 1, Body, ContentLength: Body.length };
    const { ETag } = await client.send(new UploadPartCommand(part));
    done.push({ ETag, PartNumber: part.PartNumber });
    size += Body.length;
  };
  let sending = send(first.value);
  try {
    await sending;
    sending = send(second.value);
    for (;;) {
      const [next] = await Promise.all([parts.next(), sending]);
      if (next.done) break;
      sending = send(next.value);
    }
    const MultipartUpload = { Parts: done };
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    return size;
  } catch (error) {
    // Not awaited, because the source may wait forever.
    void parts.return(undefined).catch(() => undefined);
    // A part that arrives after the abort would remain.
    await sending.catch(() => undefined);
    // Report the first error. If the abort fails, the bucket's lifecycle rule removes the parts.
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}

/**
 * Cuts a body into pieces of a part's size; the last may be smaller. Two buffers take turns, because new ones would fill the
 * memory faster than they are collected. A piece is valid until the second piece after it is requested.
 */
async function* cut(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  // Most bodies are small.
  let filling: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  let other: Buffer | undefined;
  let held = 0;
  for await (const chunk of body)
    for (let taken = 0; taken < chunk.length;) {
      if (held === filling.length) filling = grown(filling);
      const copied = chunk.copy(filling, held, taken);
      taken += copied;
      held += copied;
      if (held < partBytes) continue;
      yield filling;
      [filling, other] = [other ?? Buffer.allocUnsafeSlow(partBytes), filling];
      held = 0;
    }
  if (held > 0) yield filling.subarray(0, held);
}

function grown(buffer: Buffer): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.min(4 * buffer.length, partBytes));
  buffer.copy(larger);
  return larger;
}
