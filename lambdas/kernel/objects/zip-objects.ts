import { Readable } from "node:stream";
import yazl from "yazl";
import type { ObjectRef } from "../../../contract/job.ts";
import { ObjectReader } from "./object-reader.ts";
import type { ObjectInfo, Objects } from "./objects.ts";

/** A file of a zip: bytes, pieces of an unknown number of bytes, or an object, which is not compressed, as most are zips. */
export type ZippedFile =
  | { path: string; bytes: Buffer }
  | { path: string; pieces: () => AsyncIterable<Buffer> }
  | { path: string; object: ObjectRef; info: ObjectInfo };

/**
 * Writes a zip of files, reading one after the other. It needs only a few buffers of memory, however large the zip is. Calls
 * `alive` with each piece. An object that was deleted or replaced meanwhile ends it with the error that `reasonOf` makes.
 */
export async function* zipOf(
  objects: Objects,
  files: AsyncIterable<ZippedFile>,
  alive: () => Promise<void>,
  reasonOf: (error: Error, path: string) => Error = (error) => error,
): AsyncIterable<Buffer> {
  const zip = new yazl.ZipFile();
  const output = Readable.from(zip.outputStream as unknown as AsyncIterable<Buffer>);
  const fail = (error: Error) => output.destroy(error);
  // The zip may fail before anybody reads it. Whoever reads it then gets the error.
  output.on("error", () => undefined);
  let reading: Readable | undefined;
  zip.on("error", fail);
  const add = (path: string, options: object, open: () => { content: Readable; close: () => void }) =>
    zip.addReadStreamLazy(path, { mtime: new Date(), mode: 0o100644, ...options }, (done) => {
      const { content, close } = open();
      content.on("error", (error) => fail(reasonOf(error, path)));
      content.on("close", close);
      reading = content;
      done(null, content);
    });
  try {
    for await (const file of files)
      if ("bytes" in file) zip.addBuffer(file.bytes, file.path, { mtime: new Date(), mode: 0o100644 });
      else if ("pieces" in file)
        add(file.path, {}, () => ({ content: Readable.from(file.pieces()), close: () => undefined }));
      else
        add(file.path, { size: file.info.size, compress: false }, () => {
          const reader = new ObjectReader(objects, file.object, file.info);
          return { content: Readable.from(reader.pieces(0, file.info.size)), close: () => reader.close() };
        });
    zip.end();
    for await (const piece of output) {
      await alive();
      yield piece as Buffer;
    }
  } finally {
    reading?.destroy();
  }
}
