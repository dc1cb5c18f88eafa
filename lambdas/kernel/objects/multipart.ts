import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

/** S3 takes 10000 parts, so an object of up to 78 GiB. */
const partBytes = 8 * 1024 ** 2;
/** What is kept ready for a body before its length shows. */
const firstBytes = 128 * 1024;

interface Target {
  Bucket: string;
  Key: string;
  ContentType: string;
}

/**
 * Uploads a body of unknown length and gives that length: by one PUT when it fits in one part, else part by part,
 * collecting the next part while one is sent. An error aborts the upload, so that no parts are left to be paid for.
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
    // The source may be waiting for something that never comes; nothing waits for it.
    void parts.return(undefined).catch(() => undefined);
    // A part that arrives after the abort would stay.
    await sending.catch(() => undefined);
    // The first error is the one to tell; what could not be aborted, the bucket's lifecycle rule removes.
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}

/**
 * The same bytes in pieces of a part's size, the last one smaller. Two buffers take turns, so a piece is good until the
 * one after the next is asked for: buffers of this size, thrown away, would pile up until they are collected.
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
