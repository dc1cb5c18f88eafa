/** Large bundles: few requests for many files, little memory for large files, and recovery from broken connections. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import * as yauzl from "yauzl";
import { openBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-archive.ts";
import type { ByteSource } from "../../../lambdas/competitions/service/bundle-import/byte-source.ts";
import type { ArchiveEntry } from "../../../lambdas/competitions/service/bundle-import/bundle-entry.ts";
import { zipOfEntries } from "../../../lambdas/competitions/service/bundle-import/bundle-folder-zip.ts";
import { unpackBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { requestCreation } from "../../../lambdas/competitions/service/bundle-import/creations.ts";
import { contextOf } from "../../../lambdas/functions/context.ts";
import { Objects } from "../../../lambdas/kernel/objects/objects.ts";
import { never, startLab, type Creation, type Lab } from "./lab.ts";
import { logo } from "../../support/competitions.ts";
import { rawZip, type Entry } from "./raw-zip.ts";

let lab: Lab;
beforeAll(async () => (lab = await startLab()));
afterAll(() => lab.close());

const yaml = (files: Record<string, string>, rest: object) =>
  JSON.stringify({
    version: 2,
    title: "Large",
    image: "logo.png",
    terms: "terms.md",
    pages: [],
    tasks: [{ index: 0, name: "t", scoring_program: "scoring", ...files }],
    phases: [{ name: "p", start: "2026-01-01", tasks: [0] }],
    leaderboards: [{ title: "b", key: "b", columns: [{ title: "c", key: "c", index: 0 }] }],
    ...rest,
  });
const base = (files: Record<string, string>, rest: object = {}): Entry[] => [
  { name: "competition.yaml", content: yaml(files, rest) },
  { name: "logo.png", content: logo },
  { name: "terms.md", content: "terms" },
  { name: "scoring/metadata.yaml", content: "command: python score.py" },
];

/** The content of the object made from a part of the bundle. */
async function contentOf({ progress }: Creation, type: string): Promise<Buffer> {
  const file = progress!.files.find((one) => one.type === type)!;
  return lab.context.objects.get({ bucket: "uploads", key: file.object_key }, 500_000_000);
}

async function namesIn(zip: Buffer): Promise<string[]> {
  const names: string[] = [];
  for await (const { fileName } of (await yauzl.fromBufferPromise(zip)).eachEntry()) names.push(fileName);
  return names;
}

class Counting extends Objects {
  gets = 0;
  override getStream(...given: Parameters<Objects["getStream"]>): ReturnType<Objects["getStream"]> {
    this.gets += 1;
    return super.getStream(...given);
  }
}

/** The maximum number of files in a bundle. */
const most = 200_000;
/** More entries than the 16-bit counter of a zip can hold. */
const many = 70_000;
/** Entries for zips that declare their number of entries elsewhere. */
const manyEntries = (count: number): Entry[] => [
  ...base({ input_data: "data" }),
  ...Array.from({ length: count - 4 }, (_, i) => ({ name: `data/${i % 100}/${i}`, content: String(i), stored: true })),
];

test(`unpacking ${many} files takes few requests`, async () => {
  const { environment } = lab.context;
  const objects = new Counting({
    buckets: { uploads: environment.UPLOADS_BUCKET, jobs: environment.JOBS_BUCKET },
    endpoint: environment.AWS_ENDPOINT_URL_S3,
    region: environment.AWS_REGION,
  });
  const bundle = await lab.upload(zip64(manyEntries(many)));
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  await unpackBundle({ ...lab.context, objects }, id, never);
  objects.close();
  const creation = await lab.creation(id);
  assert.equal(creation.status, "Finished", creation.details ?? "");
  assert.ok(objects.gets < 40, `${objects.gets} GETs`);
  const names = await namesIn(await contentOf(creation, "input_data"));
  assert.equal(new Set(names).size, many - 4);
});

test(`${most} files are accepted, and one more is refused (B-8)`, async () => {
  const zip = zip64(manyEntries(most));
  const source: ByteSource = {
    size: zip.length,
    bytes: async (start, end) => Promise.resolve(zip.subarray(start, end)),
    pieces: () => assert.fail("only the directory is read"),
  };
  assert.equal((await openBundle(source)).filesUnder("data").length, most - 4);
  const { status, details } = await lab.unpack(await lab.upload(zip64(manyEntries(most + 1))));
  assert.equal(status, "Failed");
  assert.match(details!, /BND-02: .*more than 200000 entries/);
});

/** A zip with the zip64 end that 65,535 or more entries need. */
function zip64(entries: Entry[]): Buffer {
  const plain = rawZip(entries, { count: 0xffff });
  const end = plain.length - 22;
  const size = plain.readUInt32LE(end + 12);
  const offset = plain.readUInt32LE(end + 16);
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(entries.length), 24);
  record.writeBigUInt64LE(BigInt(entries.length), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(end), 64);
  record.writeUInt32LE(1, 72);
  return Buffer.concat([plain.subarray(0, end), record, plain.subarray(end)]);
}

test("a stored file is copied unchanged within the object store", async () => {
  const content = rawZip([{ name: "data", content: randomBytes(12_345_678), stored: true }]);
  const entries = [...base({ input_data: "data.zip" }), { name: "data.zip", content, stored: true }];
  const creation = await lab.unpack(await lab.upload(rawZip(entries)));
  assert.equal(creation.status, "Finished", creation.details ?? "");
  assert.ok((await contentOf(creation, "input_data")).equals(content));
  const { object_key } = creation.progress!.files.find(({ type }) => type === "input_data")!;
  const info = await lab.context.objects.head({ bucket: "uploads", key: object_key });
  assert.match(info!.etag, /-1$/, "it was made of a copied part");
});

test("a stored solution is read while it is copied, because it needs an MD5 (A-70)", async () => {
  const content = randomBytes(12_345_678);
  const entries = [
    ...base({}, { solutions: [{ index: 0, tasks: [0], path: "answer.zip" }] }),
    { name: "answer.zip", content, stored: true },
  ];
  const creation = await lab.unpack(await lab.upload(rawZip(entries)));
  assert.equal(creation.status, "Finished", creation.details ?? "");
  assert.ok((await contentOf(creation, "solution")).equals(content));
  const { md5 } = await lab.context.db.selectFrom("solutions").select("md5").executeTakeFirstOrThrow();
  assert.equal(md5, createHash("md5").update(content).digest("hex"));
});

test("a deflated file is unpacked, and a folder with large files becomes a zip of them (B-2)", async () => {
  const content = Buffer.concat([randomBytes(3_000_000), Buffer.alloc(3_000_000, 7)]);
  const archive = rawZip([{ name: "data", content, stored: true }]);
  const entries = [
    ...base({ input_data: "data.zip", reference_data: "folder" }),
    { name: "data.zip", content: archive },
    { name: "folder/a/packed", content },
    { name: "folder/stored", content, stored: true },
  ];
  const creation = await lab.unpack(await lab.upload(rawZip(entries)));
  assert.equal(creation.status, "Finished", creation.details ?? "");
  assert.ok((await contentOf(creation, "input_data")).equals(archive));
  const folder = await yauzl.fromBufferPromise(await contentOf(creation, "reference_data"));
  const found: [string, boolean][] = [];
  for await (const entry of folder.eachEntry()) {
    const pieces: Buffer[] = [];
    for await (const piece of await folder.openReadStreamPromise(entry)) pieces.push(piece as Buffer);
    found.push([entry.fileName, Buffer.concat(pieces).equals(content)]);
  }
  assert.deepEqual(found, [
    ["a/packed", true],
    ["stored", true],
  ]);
});

test("damage anywhere in a file is found, however it is copied (B-9)", async () => {
  const content = Buffer.concat([randomBytes(400_000), Buffer.alloc(400_000, 7)]);
  for (const files of [{ input_data: "folder/packed" }, { input_data: "folder" }])
    for (const stored of [false, true]) {
      const bytes = rawZip([...base(files), { name: "folder/packed", content, stored }]);
      bytes.writeUInt32LE(0xdeadbeef, bytes.indexOf("folder/packed") + 200_000);
      const { details } = await lab.unpack(await lab.upload(bytes));
      assert.match(details!, /BND-02: .*folder\/packed is damaged/, `${files.input_data} ${stored}`);
    }
});

/** A proxy that breaks each connection after a number of bytes was returned. */
async function breakingProxy(
  port: number,
  bytes: number,
): Promise<{ port: number; broken: () => number; close: () => void }> {
  let broken = 0;
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    let passed = 0;
    upstream.on("data", (piece) => {
      passed += piece.length;
      if (passed <= bytes) return void client.write(piece);
      broken += 1;
      client.destroy();
      upstream.destroy();
    });
    client.on("data", (piece) => upstream.write(piece));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, broken: () => broken, close: () => server.close() };
}

test("reading continues after a connection breaks", async () => {
  const content = randomBytes(4_000_000);
  const entries = [
    ...base({ input_data: "folder" }),
    { name: "folder/a", content },
    { name: "folder/b", content, stored: true },
  ];
  const bundle = await lab.upload(rawZip(entries));
  const id = await requestCreation(lab.context, bundle.id, lab.userId);
  const proxy = await breakingProxy(Number(new URL(lab.context.environment.AWS_ENDPOINT_URL_S3!).port), 700_000);
  const environment = { ...lab.context.environment, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${proxy.port}` };
  const { objects, db } = contextOf(environment);
  await unpackBundle({ ...lab.context, objects }, id, never);
  objects.close();
  await db.destroy();
  proxy.close();
  const creation = await lab.creation(id);
  assert.equal(creation.status, "Finished", creation.details ?? "");
  assert.ok(proxy.broken() > 5, `${proxy.broken()} connections broke`);
});

const zeros = Buffer.alloc(1024 ** 2);
function* zerosOf(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length));
}

test("a folder zip of more than 4 GiB can be read", async () => {
  const size = 4 * 1024 ** 3 + 17;
  // Checksums are copied from the other zip, so any value will do and need not be computed.
  const crc = 0x1234abcd;
  const entry = (path: string, size: number, crc32: number): ArchiveEntry => ({
    path,
    offset: 0,
    method: 0,
    encrypted: false,
    compressedSize: size,
    size,
    crc32,
    time: 0,
    date: 0x21,
    mode: path === "c" ? 0o100700 : 0,
  });
  const small = crc32(zeros.subarray(0, 5));
  const files = [entry("a", 5, small), entry("b", size, crc), entry("c", 5, small)].map((entry) => ({
    name: entry.path,
    entry,
  }));
  const zip = zipOfEntries(files, async function* (entry) {
    yield* zerosOf(entry.size);
  });
  // Only bytes other than zero are kept, with their offsets.
  const kept: { at: number; bytes: Buffer }[] = [];
  let at = 0;
  for await (const bytes of zip.pieces()) {
    if (bytes.buffer !== zeros.buffer) kept.push({ at, bytes });
    at += bytes.length;
  }
  assert.equal(at, zip.size);
  const source: ByteSource = {
    size: zip.size,
    pieces: () => assert.fail("only the directory is read"),
    async bytes(start, end) {
      const bytes = Buffer.alloc(end - start);
      for (const one of kept)
        if (one.at < end && one.at + one.bytes.length > start)
          one.bytes.copy(bytes, Math.max(0, one.at - start), Math.max(0, start - one.at), end - one.at);
      return bytes;
    },
  };
  const archive = await openBundle(source);
  assert.deepEqual(
    archive.filesUnder("").map(({ name, entry }) => [name, entry.size, entry.crc32, entry.mode.toString(8)]),
    [
      ["a", 5, small, "100644"],
      ["b", size, crc, "100644"],
      ["c", 5, small, "100755"],
    ],
  );
  const far = archive.filesUnder("c")[0]!.entry;
  assert.ok(far.offset > size);
  assert.equal(await archive.contentStart(far), far.offset + 31);
});
