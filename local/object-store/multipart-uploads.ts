import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { S3Error } from "./errors.ts";
import type { ObjectFiles, OpenObject } from "./object-files.ts";

/** A multipart upload. Its parts are files in one folder until it is completed or aborted. */
interface Upload {
  bucket: string;
  key: string;
  headers: Record<string, string>;
}

export interface CompletedPart {
  number: number;
  /** Without quotes. */
  etag: string;
}

/** S3's limits: part numbers are 1 to 10,000, and all parts but the last have at least 5 MiB. */
const maxPartNumber = 10_000;
const minPartBytes = 5 * 1024 ** 2;
/** Older unfinished uploads are removed, as in the buckets on AWS. */
const maxUploadAgeMs = 2 * 24 * 3600 * 1000;

const noSuchUpload = () =>
  new S3Error(404, "NoSuchUpload", "The specified upload does not exist; it may have been aborted or completed.");

/** Multipart uploads. Unfinished uploads and their parts survive a restart, as in S3. */
export class MultipartUploads {
  readonly #directory: string;
  readonly #files: ObjectFiles;

  /** Opens the uploads in a directory and removes old unfinished ones. */
  static async open(directory: string, files: ObjectFiles): Promise<MultipartUploads> {
    await mkdir(directory, { recursive: true });
    const uploads = new MultipartUploads(directory, files);
    await uploads.#removeOld();
    return uploads;
  }

  private constructor(directory: string, files: ObjectFiles) {
    this.#directory = directory;
    this.#files = files;
  }

  async #removeOld(): Promise<void> {
    for (const id of await readdir(this.#directory)) {
      const folder = join(this.#directory, id);
      // Another request may have ended it meanwhile.
      const found = await stat(folder).catch(() => undefined);
      if (found && found.mtimeMs < Date.now() - maxUploadAgeMs) await rm(folder, { recursive: true, force: true });
    }
  }

  async create(upload: Upload): Promise<string> {
    await this.#removeOld();
    const id = randomBytes(16).toString("hex");
    await mkdir(join(this.#directory, id));
    await writeFile(join(this.#directory, id, "upload.json"), JSON.stringify(upload));
    return id;
  }

  /** Stores a part and returns its ETag. Replaces a part with the same number. */
  async putPart(
    bucket: string,
    key: string,
    id: string,
    number: number,
    chunks: AsyncIterable<Buffer>,
  ): Promise<string> {
    if (!Number.isInteger(number) || number < 1 || number > maxPartNumber)
      throw new S3Error(400, "InvalidArgument", `Part number must be an integer between 1 and ${maxPartNumber}.`);
    await this.#find(bucket, key, id);
    return this.#files.write(this.#part(id, number), { chunks, headers: {} });
  }

  /** Lists the stored parts by number. */
  async parts(bucket: string, key: string, id: string): Promise<(CompletedPart & { size: number; modified: Date })[]> {
    await this.#find(bucket, key, id);
    const numbers = (await readdir(join(this.#directory, id))).map(Number).filter((number) => number > 0);
    const parts = [];
    for (const number of numbers.sort((one, other) => one - other)) {
      const info = await this.#files.info(this.#part(id, number));
      if (info) parts.push({ number, etag: info.etag, size: info.size, modified: info.modified });
    }
    return parts;
  }

  /** Joins the parts into the object and returns its ETag. */
  async complete(bucket: string, key: string, id: string, parts: CompletedPart[]): Promise<string> {
    const { headers } = await this.#find(bucket, key, id);
    if (parts.some(({ number }, at) => at > 0 && number <= parts[at - 1]!.number))
      throw new S3Error(400, "InvalidPartOrder", "The parts must be listed in ascending order of their numbers.");
    const etags = createHash("md5");
    for (const [at, { number, etag }] of parts.entries()) {
      const info = await this.#files.info(this.#part(id, number));
      if (info?.etag !== etag)
        throw new S3Error(400, "InvalidPart", `Part ${number} was not found or has another ETag.`);
      if (info.size < minPartBytes && at < parts.length - 1)
        throw new S3Error(400, "EntityTooSmall", "Every part but the last must have at least 5 MiB.");
      etags.update(Buffer.from(etag, "hex"));
    }
    const etag = `${etags.digest("hex")}-${parts.length}`;
    await this.#files.write(this.#files.path(bucket, key), { chunks: this.#join(id, parts), headers, etag });
    await this.#remove(id);
    return etag;
  }

  async abort(bucket: string, key: string, id: string): Promise<void> {
    await this.#find(bucket, key, id);
    await this.#remove(id);
  }

  async *#join(id: string, parts: CompletedPart[]): AsyncGenerator<Buffer> {
    for (const { number } of parts) {
      const part: OpenObject | undefined = await this.#files.open(this.#part(id, number));
      if (!part) throw noSuchUpload();
      try {
        const content = part.read(0, part.info.size);
        if (Buffer.isBuffer(content)) yield content;
        else yield* content;
      } finally {
        await part.close();
      }
    }
  }

  #part = (id: string, number: number): string => join(this.#directory, id, String(number));

  #remove = (id: string): Promise<void> => rm(join(this.#directory, id), { recursive: true, force: true });

  async #find(bucket: string, key: string, id: string): Promise<Upload> {
    if (!/^[0-9a-f]{32}$/.test(id)) throw noSuchUpload();
    const json = await readFile(join(this.#directory, id, "upload.json"), "utf8").catch(() => {
      throw noSuchUpload();
    });
    const upload = JSON.parse(json) as Upload;
    if (upload.bucket !== bucket || upload.key !== key) throw noSuchUpload();
    return upload;
  }
}
