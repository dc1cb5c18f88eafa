/** What unpacking and dumping need: an object store, a queue server, PostgreSQL, and a person who owns bundles. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { startFauxqs } from "fauxqs";
import { sql } from "kysely";
import { onEveryStep } from "../../../lambdas/competitions/rules/run-steps.ts";
import { migrate } from "../../../lambdas/kernel/db/connection.ts";
import { findCreation } from "../../../lambdas/competitions/db/competition-creations.ts";
import { insertDataset } from "../../../lambdas/competitions/db/datasets.ts";
import { insertUser } from "../../../lambdas/accounts/db/users.ts";
import { ensureDefaultQueue } from "../../../lambdas/jobs/db/workers.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import { unpackBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { requestCreation } from "../../../lambdas/competitions/service/bundle-import/creations.ts";
import { erase } from "../../../lambdas/jobs/service/erase.ts";
import { contextOf } from "../../../lambdas/functions/context.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";
import { readEnvironment } from "../../../lambdas/kernel/environment.ts";
import { startObjectStore } from "../../../local/object-store/server.ts";
import { temporaryFolder } from "../../support/files.ts";
import { insideEnvironment } from "../../support/environment.ts";
import { testDatabase } from "../../support/postgres.ts";

const buckets = { uploads: "test-uploads", jobs: "test-jobs" };
const keys = { accessKeyId: "test-key", secretAccessKey: "test-secret-of-the-object-store", region: "us-east-1" };
const controlQueue = "test-control";

export type Creation = NonNullable<Awaited<ReturnType<typeof findCreation>>>;

export interface Bundle {
  id: number;
  key: string;
  ref: ObjectRef;
}

export interface Lab {
  context: Context;
  /** The environment of processes that work on the same. */
  environment: NodeJS.ProcessEnv;
  /** Folder that contains only the data of the object store. */
  folder: string;
  userId: number;
  newUser(): Promise<number>;
  /** Uploads a bundle of a person, by default the first one. */
  upload(content: Buffer, userId?: number): Promise<Bundle>;
  /** Unpacks a bundle as the message of its creation would. */
  unpack(bundle: Bundle, userId?: number): Promise<Creation>;
  creation(id: number): Promise<Creation>;
  /** Performs the erasures requested so far. */
  keepPromises(): Promise<void>;
  /** Keys of all uploads. */
  objects(): Promise<string[]>;
  /** Objects without a row, and datasets and logos without an object. Both are empty if all is well. */
  strays(): Promise<{ objects: string[]; rows: string[] }>;
  /** Number of rows in each table that bundles write to. */
  rows(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const tables = [
  "datasets",
  "competitions",
  "pages",
  "tasks",
  "solutions",
  "solution_tasks",
  "phases",
  "phase_tasks",
  "leaderboards",
  "leaderboard_columns",
  "participants",
] as const;

/** A time that no test reaches. */
export const never = Date.now() + 10 ** 9;

/** `connections` is the size of the database pool. One, as in Lambda, reveals code that waits for itself. */
export async function startLab({ connections = 1 }: { connections?: number } = {}): Promise<Lab> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await start(connections, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  connections: number,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Lab> {
  const home = await temporaryFolder();
  closers.push(home.remove);
  const database = await testDatabase();
  closers.push(database.drop);
  const directory = join(home.path, "objects");
  const store = await startObjectStore({ ...keys, directory, buckets: Object.values(buckets) });
  closers.push(store.close);
  const queues = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: keys.region });
  closers.push(() => queues.stop());
  queues.createQueue(controlQueue, { region: keys.region });
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: keys.region,
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queues.port}`,
  });
  const environment = {
    DATABASE_MAX_CONNECTIONS: String(connections),
    AWS_REGION: keys.region,
    AWS_ENDPOINT_URL_S3: store.endpoint,
    S3_FORCE_PATH_STYLE: "true",
    ...insideEnvironment({
      DATABASE_URL: database.url,
      UPLOADS_BUCKET: buckets.uploads,
      JOBS_BUCKET: buckets.jobs,
      QUEUE_URL_PREFIX: `http://127.0.0.1:${queues.port}/000000000000/`,
      CONTROL_QUEUE: controlQueue,
      ORGANIZER_QUEUE_PREFIX: "test-queue-",
      PUBLIC_URL: "http://127.0.0.1",
    }),
  };
  const context = contextOf(readEnvironment("inside", environment));
  const { db, objects } = context;
  closers.push(
    () => db.destroy(),
    async () => objects.close(),
  );
  await migrate(db);
  await ensureDefaultQueue(db, "test-default", onEveryStep("standard"));

  const newUser = async () => {
    const username = `organizer-${randomUUID()}`;
    const email = `${username}@example.org`;
    const user = await insertUser(db, {
      username,
      email,
      passwordHash: "",
      isBot: false,
      isSuperuser: false,
      emailIsConfirmed: false,
    });
    if (typeof user === "string") throw new Error(`${user} is taken`);
    return user.id;
  };
  const userId = await newUser();
  const creation = async (id: number) => (await findCreation(db, id))!;

  const objectKeys = async () => {
    const found: string[] = [];
    for (let truncated = true; truncated;) {
      const startAfter = found.at(-1);
      const page = await objects.list({ bucket: "uploads", key: "" }, startAfter === undefined ? {} : { startAfter });
      found.push(...page.objects.map(({ ref }) => ref.key));
      ({ truncated } = page);
    }
    return found;
  };

  return {
    context,
    environment,
    folder: home.path,
    userId,
    newUser,
    creation,
    async upload(content, owner = userId) {
      const key = randomUUID();
      const ref: ObjectRef = { bucket: "uploads", key: `competition_bundle/${key}/bundle.zip` };
      await objects.put(ref, content);
      const { id } = (await insertDataset(db, {
        key,
        createdBy: owner,
        type: "competition_bundle",
        name: `bundle ${key}`,
        description: null,
        license: null,
        isPublic: false,
        fileName: "bundle.zip",
        fileSize: content.length,
        objectKey: ref.key,
        uploaded: true,
        wasCreatedByCompetition: false,
        competitionId: null,
      }))!;
      return { id, key, ref };
    },
    async unpack(bundle, owner = userId) {
      const id = await requestCreation(context, bundle.id, owner);
      await unpackBundle(context, id, never);
      return creation(id);
    },
    async keepPromises() {
      const { rows } = await sql<{ id: string; body: { type: string; attempts: string[]; uploads: string[] } }>`
        delete from outbox where body ->> 'type' = 'erase' returning id, body`.execute(db);
      for (const { body } of rows) await erase(context, body);
    },
    objects: objectKeys,
    async strays() {
      const there = await objectKeys();
      const { rows } = await sql<{ key: string }>`
        select object_key as key from datasets
        union select unnest(array[logo_key, logo_large_key, logo_icon_key]) from competitions where logo_key is not null`.execute(
        db,
      );
      const named = rows.map(({ key }) => key);
      return {
        objects: there.filter((key) => !named.includes(key)),
        rows: named.filter((key) => !there.includes(key)),
      };
    },
    async rows() {
      const counts: Record<string, number> = {};
      for (const table of tables) {
        const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(db);
        counts[table] = rows[0]!.n;
      }
      return counts;
    },
    close,
  };
}
