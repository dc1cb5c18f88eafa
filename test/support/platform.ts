import assert from "node:assert/strict";
import { worksheetsOptionsSchema, type WorksheetsOptions } from "../../lambdas/kernel/worksheets-options.ts";
import { randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import { currentContext } from "../../lambdas/functions/context.ts";
import type { Context } from "../../lambdas/kernel/context.ts";
import { openSignIn, type SignInOptions } from "../../lambdas/accounts/rules/sign-in-options.ts";
import { ApiClient, type Competition, type Submission } from "../../client/api-client.ts";
import { list } from "../../local/object-store/listing.ts";
import { startLocalPlatform, type LocalPlatformOptions } from "../../local/platform.ts";
import { insertCompetition, insertPerson, insertTokenOf } from "./below-the-api.ts";
import { zip, type Files } from "./zip.ts";
import { temporaryFolder } from "./files.ts";
import { freePort } from "./free-port.ts";
import { assertRefused, send } from "./http.ts";
import type { Answer, Content } from "./http.ts";
import { copyPgliteDatabase } from "./pglite.ts";
import { adminPassword, platformDatabase } from "./platform-database.ts";
import { hashQuickly } from "./quick-hashes.ts";
import { waitFor } from "./wait.ts";

/** Somebody with an account. */
export interface Person {
  username: string;
  password: string;
  token: string;
  client: ApiClient;
  /** Sends a request with their token and returns the answer, whatever its status. */
  send<Body = Record<string, unknown>>(method: string, path: string, content?: Content): Promise<Answer<Body>>;
}

/** The whole platform in the process of a test file. */
export interface TestPlatform {
  url: string;
  /** The folder of all its data. */
  home: string;
  /** The context of the services, for tests that look at the database and the storage. */
  inside: Context;
  admin: Person;
  /** Creates an account directly in the database. Robots are created by the superuser, over the API. */
  newPerson(options?: { isBot: boolean }): Promise<Person>;
  /**
   * Creates a published competition from a bundle, without an upload, for tests of other subjects.
   */
  newCompetition(organizer: Person, bundle: Files): Promise<Competition>;
  /** Sends a request without a login, or with the given header. */
  send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options?: { authorization?: string; content?: Content },
  ): Promise<Answer<Body>>;
  /**
   * Sends a request that must be refused, and asserts that database and storage do not change. Returns the body of the
   * refusal.
   */
  refuses(
    ask: () => Promise<Answer<unknown>>,
    status: number,
    code: string,
    detail?: RegExp,
  ): Promise<Record<string, unknown>>;
  /** The buckets and keys of all objects, as `uploads/KEY` and `jobs/KEY`. */
  objectKeys(): Promise<string[]>;
  /**
   * The number of rows of each table, and the keys of all objects. Not of tables that the sweeper changes, nor of
   * throttles, which count what was refused.
   */
  contents(): Promise<{ rows: Record<string, number>; objects: string[] }>;
  close(): Promise<void>;
}

export interface TestPlatformOptions {
  /** A server of the test's own is not stopped with the platform. */
  database: "pglite" | "postgres" | { url: string };
  worker: { launcher: "docker" | "sandbox"; slots: number } | null;
  allowNetwork?: boolean;
  signIn?: Partial<SignInOptions>;
  identitySecrets?: Record<string, string>;
  freeTries?: LocalPlatformOptions["freeTries"];
  storageQuotaBytes?: number;
  worksheets?: Partial<WorksheetsOptions>;
  linkFolders?: string[];
  deletionGraceDays?: number;
  maxStepSeconds?: number;
  /** Serves it at http://localhost instead of an IP address, as passkeys need it. */
  atLocalhost?: boolean;
  /** The folder of the built web application; by default only the API is served. */
  web?: string | null;
  /** `real` hashes passwords as a deployment does, for tests of the hashes. By default they take no time. */
  hashes?: "quick" | "real";
}

/** Starts a platform with its own home and database. Only one per process, so one per test file. */
export async function startTestPlatform({
  database,
  worker,
  allowNetwork = false,
  signIn = {},
  identitySecrets = {},
  freeTries = {},
  storageQuotaBytes = 15e9,
  worksheets = {},
  linkFolders = [],
  deletionGraceDays = 14,
  maxStepSeconds = 600,
  atLocalhost = false,
  web = null,
  hashes = "quick",
}: TestPlatformOptions): Promise<TestPlatform> {
  const hashAsBefore = hashes === "quick" ? hashQuickly() : null;
  const home = await temporaryFolder();
  const postgres = database === "postgres" ? await platformDatabase() : null;
  const server = typeof database === "object" ? database : postgres;
  if (server) process.env.DATABASE_URL = server.url;
  // Requests of workers get the rights that they have on AWS, and no others.
  if (postgres) process.env.WORKER_DATABASE_URL = `${postgres.url}?options=-c%20role%3Dbenchstack_worker`;
  else await copyPgliteDatabase(join(home.path, "database"));
  const port = atLocalhost ? await freePort() : 0;
  const local = await startLocalPlatform({
    home: home.path,
    host: "127.0.0.1",
    port,
    publicUrl: atLocalhost ? `http://localhost:${port}` : null,
    adminPassword: postgres ? null : adminPassword,
    allowNetwork,
    signIn: { ...openSignIn, ...signIn },
    identitySecrets,
    freeTries,
    storageQuotaBytes,
    linkFolders,
    worksheets: worksheetsOptionsSchema.parse(worksheets),
    deletionGraceDays,
    maxStepSeconds,
    web,
    onMail: null,
    worker: worker && { ...worker, imagePull: "missing" },
  });
  const inside = currentContext();
  const { url } = local;
  const keys = () => objectKeys(home.path, inside);
  const everything = async () => contents(inside, await keys());

  const admin = personWith(url, {
    username: "admin",
    password: adminPassword,
    token: await insertTokenOf(inside, "admin"),
  });

  return {
    url,
    home: home.path,
    inside,
    admin,
    async newPerson({ isBot } = { isBot: false }) {
      if (!isBot) return personWith(url, await insertPerson(inside));
      const username = `robot-${randomBytes(4).toString("hex")}`;
      const password = randomBytes(12).toString("hex");
      const account = { username, password, email: `${username}@example.org`, is_bot: true };
      await admin.client.request("POST", "/api/users/", account);
      return personOf(url, username, password);
    },
    async newCompetition(organizer, bundle) {
      const id = await insertCompetition(inside, organizer.username, await zip(bundle));
      await organizer.client.request("POST", `/api/competitions/${id}/toggle_publish/`);
      return organizer.client.request("GET", `/api/competitions/${id}/`);
    },
    send: (method, path, options) => send(method, url + path, options),
    async refuses(ask, status, code, detail) {
      const before = await everything();
      const answer = await ask();
      assertRefused(answer, status, code, detail);
      assert.deepEqual(await everything(), before);
      return answer.body as Record<string, unknown>;
    },
    objectKeys: keys,
    contents: everything,
    async close() {
      await local.close();
      await postgres?.drop();
      await home.remove();
      hashAsBefore?.();
    },
  };
}

/** A person with an account on the platform at a URL. */
export async function personOf(url: string, username: string, password: string): Promise<Person> {
  const content = { json: { username, password } };
  const { body, text } = await send<{ token?: string }>("POST", `${url}/api/api-token-auth/`, { content });
  if (!body.token) throw new Error(`${username} cannot log in: ${text}`);
  return personWith(url, { username, password, token: body.token });
}

function personWith(url: string, login: { username: string; password: string; token: string }): Person {
  const authorization = `Token ${login.token}`;
  return {
    ...login,
    client: new ApiClient(url, login.token),
    send: (method, path, content) => send(method, url + path, { authorization, content }),
  };
}

async function contents({ db }: Context, objects: string[]): Promise<Awaited<ReturnType<TestPlatform["contents"]>>> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_name not like 'kysely%' and table_name not in ('outbox', 'submission_counts', 'participant_counts', 'throttles', 'known_senders',
      'spending', 'store_inspections', 'storage_snapshots', 'left_uploads') order by 1`.execute(db);
  const counts = tables.rows.map(({ name }) => sql`select ${name} as name, count(*)::int as n from ${sql.table(name)}`);
  const counted = await sql<{ name: string; n: number }>`${sql.join(counts, sql` union all `)}`.execute(db);
  return { rows: Object.fromEntries(counted.rows.map(({ name, n }) => [name, n])), objects };
}

/** Reads folders only. The store would open each file for what else a listing says of an object. */
async function objectKeys(home: string, { environment }: Context): Promise<string[]> {
  const keys: string[] = [];
  for (const [bucket, name] of [
    ["uploads", environment.UPLOADS_BUCKET],
    ["jobs", environment.JOBS_BUCKET],
  ] as const)
    for await (const entry of list(join(home, "objects/buckets", name), { prefix: "", after: "", grouped: false }))
      if ("key" in entry) keys.push(`${bucket}/${entry.key}`);
  return keys;
}

/** Waits until a submission has ended. */
export function ended(person: Person, id: number, timeoutMs = 60_000): Promise<Submission> {
  return waitFor(
    `submission ${id} to end`,
    async () => {
      const submission = await person.client.submission(id);
      if (["Finished", "Failed", "Cancelled"].includes(submission.status)) return submission;
      throw new Error(`it is ${submission.status} (${submission.status_details ?? ""})`);
    },
    timeoutMs,
  );
}

/** The /app/shared folders of the scoring programs that are at work in the worker of this home. */
export const scoringFolders = (home: string) => globSync(join(home, "worker/work/*/*-scoring/folders/shared"));

/**
 * Lets scoring programs continue that wait for a file named `go` in /app/shared, so that a test decides when they end. Waits until
 * there is such a program.
 */
export async function letGo(home: string): Promise<void> {
  await waitFor("a scoring program at work", () => scoringFolders(home).length > 0);
  for (const folder of scoringFolders(home)) await writeFile(join(folder, "go"), "");
}
