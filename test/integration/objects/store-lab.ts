/** The platform's own object store, opened for tests of it. */
import { S3Client } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request, type ClientRequest } from "node:http";
import { join } from "node:path";
import type { ObjectRef } from "../../../contract/job.ts";
import { type Objects, connectObjects } from "../../../lambdas/kernel/objects/objects.ts";
import { startObjectStore } from "../../../local/object-store/server.ts";
import { temporaryFolder } from "../../support/files.ts";

export const MiB = 1024 ** 2;
export const keys = {
  accessKeyId: "test-key",
  secretAccessKey: "test-secret-of-the-object-store",
  region: "eu-central-1",
};
export const buckets = { uploads: "the-uploads", jobs: "the-jobs" };
export const inJobs = (key: string): ObjectRef => ({ bucket: "jobs", key });
export const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

export const optionsFor = (directory: string) => ({ ...keys, directory, buckets: Object.values(buckets) });
export const adapterFor = (endpoint: string) =>
  connectObjects({ buckets, endpoint, region: keys.region, credentials: keys });

/** All files below a folder, by their path. */
export const filesBelow = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Begins a PUT of which only a part is sent. */
export async function beginPut(url: string, length: number, sent: Buffer): Promise<ClientRequest> {
  const put = request(url, { method: "PUT", headers: { "content-length": length } });
  put.on("error", () => undefined);
  await new Promise((resolve) => put.write(sent, resolve));
  return put;
}

export interface OpenStore {
  /** In which the store has its own, `store`, and nothing else is. */
  folder: string;
  endpoint: string;
  objects: Objects;
  /** As the SDK comes: checksums wherever it supports them, so bodies in chunks with trailers. */
  client: S3Client;
  putUrl(key: string): Promise<string>;
  getUrl(key: string): Promise<string>;
  temporaryFiles(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openStore(): Promise<OpenStore> {
  const folder = await temporaryFolder();
  const store = await startObjectStore(optionsFor(join(folder.path, "store")));
  const { endpoint } = store;
  const objects = adapterFor(endpoint);
  const client = new S3Client({ endpoint, region: keys.region, credentials: keys, forcePathStyle: true });
  return {
    folder: folder.path,
    endpoint,
    objects,
    client,
    putUrl: (key) => objects.signPut(inJobs(key), { seconds: 60 }),
    getUrl: (key) => objects.signGet(inJobs(key), { seconds: 60 }),
    temporaryFiles: () => readdir(join(folder.path, "store", "temporary")),
    async close() {
      objects.close();
      client.destroy();
      await store.close();
      await folder.remove();
    },
  };
}
