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

/** The same bytes in pieces of a part's size, the last one smaller. */
async function* cut(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of body)
    for (let rest = chunk; rest.length > 0;) {
      const piece = rest.subarray(0, partBytes - heldBytes);
      rest = rest.subarray(piece.length);
      held.push(piece);
      heldBytes += piece.length;
      if (heldBytes < partBytes) continue;
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
  if (heldBytes > 0) yield Buffer.concat(held);
}
