/**
 * Measures how long a large bundle takes to unpack and how much memory that needs, compared with `unzip`:
 *
 *     npm run bench:bundle [-- --gigabytes 2 --entries 20000]
 *
 * Creates the bundle in a temporary folder, uploads it to the object store of a local platform, and unpacks it in a
 * separate process, as a Lambda function would. Deletes everything afterwards.
 */
import { execFile, fork } from "node:child_process";
import { openSignIn, signInVariable } from "../lambdas/accounts/rules/sign-in-options.ts";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { findCreation, insertCreation } from "../lambdas/competitions/db/competition-creations.ts";
import { migrate } from "../lambdas/kernel/db/connection.ts";
import { insertDataset } from "../lambdas/competitions/db/datasets.ts";
import { insertUser } from "../lambdas/accounts/db/users.ts";
import { unpackBundle } from "../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { contextOf } from "../lambdas/functions/context.ts";
import { readEnvironment, toEnvironment } from "../lambdas/kernel/environment.ts";
import { writeLargeBundle } from "./bench/large-bundle.ts";
import { startDatabase } from "../local/database.ts";
import { startObjectStore } from "../local/object-store/server.ts";

const keys = { accessKeyId: "bench", secretAccessKey: randomUUID(), region: "us-east-1" };
const buckets = { uploads: "bench-uploads", jobs: "bench-jobs" };
/**
 * Node's default heap sizes with 1024 MB of memory, which the unpacking function has. Larger defaults would let garbage
 * accumulate.
 */
const heapOfFunction = ["--max-old-space-size=512", "--max-semi-space-size=16"];
const gigabyte = 1e9;
const seconds = (since: number) => (performance.now() - since) / 1000;

/** Measurements of the unpacking process. */
interface Measured {
  seconds: number;
  /** Resident memory before unpacking and at its maximum. */
  restingBytes: number;
  peakBytes: number;
}

/** Unpacks a bundle in this process and sends the measurements to the parent process. */
async function unpackHere(id: number): Promise<void> {
  const context = contextOf(readEnvironment("inside"));
  await findCreation(context.db, id);
  const restingBytes = process.memoryUsage.rss();
  const began = performance.now();
  await unpackBundle(context, id, Date.now() + 12 * 60 * 1000);
  const measured: Measured = {
    seconds: seconds(began),
    restingBytes,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.send!(measured);
  await context.db.destroy();
  context.objects.close();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { gigabytes: { type: "string", default: "2" }, entries: { type: "string", default: "20000" } },
  });
  const bytes = Number(values.gigabytes) * gigabyte;
  const entries = Number(values.entries);
  const folder = await mkdtemp(join(tmpdir(), "benchstack-bench-"));
  try {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < 6 * bytes)
      throw new Error(`This needs ${(6 * bytes) / gigabyte} GB of free disk space in ${tmpdir()}.`);
    await bench(folder, bytes, entries);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bench(folder: string, bytes: number, entries: number): Promise<void> {
  const file = join(folder, "bundle.zip");
  let began = performance.now();
  await writeLargeBundle(file, { bytes, entries });
  const { size } = await stat(file);
  const show = (what: string, took: number, more = "") =>
    console.log(
      `${what.padEnd(10)}${took.toFixed(1).padStart(8)} s${(size / 1e6 / took).toFixed(0).padStart(8)} MB/s${more}`,
    );
  console.log(`Bundle with ${(size / gigabyte).toFixed(2)} GB and ${entries + 6} entries`);
  show("created", seconds(began));

  const store = await startObjectStore({
    ...keys,
    directory: join(folder, "objects"),
    buckets: Object.values(buckets),
  });
  const database = await startDatabase(join(folder, "database"));
  try {
    const environment = {
      AWS_REGION: keys.region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_ENDPOINT_URL_S3: store.endpoint,
      S3_FORCE_PATH_STYLE: "true",
      ...toEnvironment<"inside">({
        DATABASE_URL: database.connectionString,
        UPLOADS_BUCKET: buckets.uploads,
        JOBS_BUCKET: buckets.jobs,
        // Nothing is sent to a queue.
        QUEUE_URL_PREFIX: "http://127.0.0.1:1/",
        QUEUE_ARN_PREFIX: "arn:aws:sqs:us-east-1:000000000000:",
        CONTROL_QUEUE: "none",
        SCALING_QUEUE: undefined,
        MAIL_QUEUE: undefined,
        DEFAULT_QUEUE: "none",
        ORGANIZER_QUEUE_PREFIX: "none-",
        METRICS_NAMESPACE: undefined,
        PUBLIC_URL: "http://127.0.0.1",
        SIGN_IN: signInVariable(openSignIn),
        FREE_TRIES: "{}",
        STORAGE_QUOTA_BYTES: "1000000000000",
        DELETION_GRACE_DAYS: "14",
        MAX_EXECUTION_TIME_LIMIT: "600",
        WORKSHEETS: "{}",
        ALLOW_NETWORK: "false",
        STREAMS_CONTENTS: "everything",
        LINK_FOLDERS: undefined,
        ORGANIZER_IMAGE: undefined,
        HOST_OFFER: undefined,
        NODE_EXTRA_CA_CERTS: undefined,
      }),
    };
    Object.assign(process.env, environment);
    const context = contextOf(readEnvironment("inside"));
    await migrate(context.db);
    const user = await insertUser(context.db, {
      username: "bench",
      email: "bench@localhost",
      passwordHash: "",
      isBot: false,
      isSuperuser: false,
      emailIsConfirmed: false,
    });
    if (typeof user === "string") throw new Error(`${user} is taken`);
    const key = randomUUID();
    const ref = { bucket: "uploads" as const, key: `competition_bundle/${key}/bundle.zip` };
    began = performance.now();
    await context.objects.upload(ref, createReadStream(file, { highWaterMark: 1024 ** 2 }) as AsyncIterable<Buffer>);
    show("uploaded", seconds(began));

    const dataset = await insertDataset(context.db, {
      key,
      createdBy: user.id,
      type: "competition_bundle",
      name: "bench",
      description: null,
      license: null,
      isPublic: false,
      fileName: "bundle.zip",
      fileSize: size,
      objectKey: ref.key,
      uploaded: true,
      wasCreatedByCompetition: false,
      competitionId: null,
    });
    const { id } = await context.db.transaction().execute((tx) => insertCreation(tx, dataset!.id, user.id));
    // The embedded database serves only one client at a time.
    await context.db.destroy();
    const child = fork(import.meta.filename, ["unpack", String(id)], { execArgv: heapOfFunction, env: process.env });
    const [measured] = (await once(child, "message")) as [Measured];
    await once(child, "exit");
    const again = contextOf(readEnvironment("inside"));
    const { status, details } = (await findCreation(again.db, id))!;
    await again.db.destroy();
    if (status !== "Finished") throw new Error(`The bundle was not unpacked: ${status} ${details ?? ""}`);
    const { restingBytes, peakBytes } = measured;
    show(
      "unpacked",
      measured.seconds,
      `   memory grew by ${((peakBytes - restingBytes) / 1e6).toFixed(0)} MB, from ${(restingBytes / 1e6).toFixed(0)} MB`,
    );
  } finally {
    await database.close();
    await store.close();
  }

  const unzipped = join(folder, "unzipped");
  await mkdir(unzipped);
  began = performance.now();
  await promisify(execFile)("unzip", ["-q", file, "-d", unzipped]);
  show("unzip", seconds(began));
}

if (process.argv[2] === "unpack") await unpackHere(Number(process.argv[3]));
else await main();
