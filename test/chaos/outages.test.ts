/**
 * The database, the object store and the queues stop and start again, while people send requests and a worker works. Requests are
 * answered 503, nothing is lost, and everything goes on by itself.
 */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { startFauxqs, type FauxqsServer } from "fauxqs";
import { sql } from "kysely";
import { Client } from "pg";
import type { Competition } from "../../client/api-client.ts";
import { startObjectStore, type ObjectStoreServer } from "../../local/object-store/server.ts";
import {
  bundleFiles,
  phase,
  publishCompetition,
  python,
  register,
  scoreOfAnswer,
  submit,
  upload,
  waitToGo,
  zip,
} from "../support/competitions.ts";
import { temporaryFolder } from "../support/files.ts";
import { freePort } from "../support/free-port.ts";
import { assertRefused, type Answer } from "../support/http.ts";
import {
  ended,
  letGo,
  scoringFolders,
  startTestPlatform,
  type Person,
  type TestPlatform,
} from "../support/platform.ts";
import { startPostgres, type PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";

const region = "us-east-1";
const keys = { accessKeyId: "key", secretAccessKey: "secret" };
const buckets = ["benchstack-uploads", "benchstack-jobs"];
/** Under load, a program may take a while to start. */
const patienceMs = 240_000;

describe("an outage", () => {
  const closers: (() => Promise<unknown>)[] = [];
  let postgres: PostgresServer;
  let store: ObjectStoreServer;
  let queues: FauxqsServer;
  let startStore: () => Promise<ObjectStoreServer>;
  let startQueues: (folder: string) => Promise<FauxqsServer>;
  let queueFolder: string;
  let platform: TestPlatform;
  let alice: Person;
  let competition: Competition;
  let answerZip: Buffer;

  const folder = async () => {
    const made = await temporaryFolder();
    closers.push(() => made.remove());
    return made.path;
  };
  const createQueues = () => {
    for (const name of ["control", "default", "mail"])
      if (!queues.inspectQueue(`benchstack-${name}`)) queues.createQueue(`benchstack-${name}`, { region });
  };

  beforeAll(async () => {
    postgres = await startPostgres();
    // Servers of tests save time by losing what was committed just before a crash. This one must keep it.
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    await admin.query("alter role postgres set synchronous_commit = on");
    await admin.end();
    const objects = await folder();
    const storePort = await freePort();
    startStore = () => startObjectStore({ ...keys, region, buckets, directory: objects, port: storePort });
    store = await startStore();
    queueFolder = await folder();
    const queuePort = await freePort();
    startQueues = (dataDir) => startFauxqs({ port: queuePort, logger: false, defaultRegion: region, dataDir });
    queues = await startQueues(queueFolder);
    createQueues();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: store.endpoint,
      S3_FORCE_PATH_STYLE: "true",
      AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queuePort}`,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    });
    platform = await startTestPlatform({ database: postgres, worker: { launcher: "sandbox", slots: 1 } });
    alice = await platform.newPerson();
    competition = await publishCompetition(
      platform.admin,
      bundleFiles(
        { phases: [phase({ execution_time_limit: 600 })] },
        python(`${waitToGo}\n${scoreOfAnswer}`, "scoring_program/"),
      ),
    );
    await register(competition, alice);
    answerZip = await zip({ "answer.txt": "0.5" });
  });
  afterAll(async () => {
    await platform.close();
    await queues.stop();
    await store.close();
    await postgres.stop();
    for (const closer of closers) await closer();
  });

  const phaseId = () => competition.phases[0]!.id;
  /** A submission whose program waits. */
  async function running(): Promise<number> {
    const id = await submit(alice, phaseId(), answerZip);
    await waitFor(
      "the program to run",
      async () => (await alice.client.submission(id)).status === "Running",
      patienceMs,
    );
    // Before this, the worker is still fetching the files of the run.
    await waitFor("the scoring program", () => scoringFolders(platform.home).length > 0, patienceMs);
    return id;
  }
  async function finishes(id: number): Promise<void> {
    await waitFor(
      `submission ${id} to finish`,
      async () => {
        // Again and again, because the folder that is found first may be of the run before.
        if (scoringFolders(platform.home).length > 0) await letGo(platform.home).catch(() => undefined);
        return (await alice.client.submission(id)).status === "Finished";
      },
      patienceMs,
    );
  }
  const newDataset = () =>
    alice.send("POST", "/api/datasets/", { json: { type: "submission", request_sassy_file_name: "a.zip" } });
  function assertUnavailable(answer: Answer<unknown>, service: RegExp): void {
    assertRefused(answer, 503, "UNAVAILABLE", service);
    assert.equal(answer.headers.get("retry-after"), "5");
  }

  it("of the database that crashes is over when the database is back, for requests and for a run (A-153)", async () => {
    const id = await running();
    await postgres.halt("immediate");
    assertUnavailable(await alice.send("GET", `/api/submissions/${id}/`), /The database .* is not available/);
    assertUnavailable(await newDataset(), /database/);
    const login = { json: { username: alice.username, password: alice.password } };
    assertUnavailable(await platform.send("POST", "/api/api-token-auth/", { content: login }), /database/);
    await postgres.resume();
    await waitFor("requests to be answered", async () => (await newDataset()).status === 201, patienceMs);
    await finishes(id);
  });

  it("of a database that restarts in the middle of many requests is answered 503, never 500 (A-153)", async () => {
    const seen: Answer<unknown>[] = [];
    let isOver = false;
    const clients = Array.from({ length: 12 }, async (_, at) => {
      while (!isOver) seen.push(await (at % 2 === 0 ? newDataset() : alice.send("GET", "/api/submissions/")));
    });
    const answered = (statuses: number[]) => {
      const from = seen.length;
      return waitFor("answers", () => seen.slice(from).some(({ status }) => statuses.includes(status)), patienceMs);
    };
    await answered([201]);
    await postgres.halt("fast");
    await answered([503]);
    await postgres.resume();
    await answered([201]);
    isOver = true;
    await Promise.all(clients);
    for (const answer of seen) if (answer.status >= 300) assertUnavailable(answer, /database/);
  });

  it("by a failover to a server that is still read-only is answered 503 (A-153)", async () => {
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    const setReadOnly = async (value: "on" | "off") => {
      await admin.query(`alter system set default_transaction_read_only = ${value}`);
      await admin.query("select pg_reload_conf()");
    };
    try {
      await setReadOnly("on");
      await waitFor("a refusal", async () => (await newDataset()).status !== 201);
      assertUnavailable(await newDataset(), /database/);
      assert.equal((await platform.send("GET", "/api/competitions/public/")).status, 200, "reading goes on");
    } finally {
      await setReadOnly("off");
      await admin.end();
    }
    await waitFor("the server to write again", async () => (await newDataset()).status === 201, patienceMs);
  });

  it("of the object store is over when the store is back, for requests and for a run (A-153)", async () => {
    const data = await upload(alice, "submission", answerZip);
    const id = await running();
    await store.close();
    const asked = () => alice.send("POST", "/api/submissions/", { json: { phase: phaseId(), data } });
    assertUnavailable(await asked(), /The object store .* is not available/);
    assertUnavailable(await alice.send("PUT", `/api/datasets/completed/${data}/`), /object store/);
    assert.equal((await newDataset()).status, 201, "what needs no store goes on");
    await letGo(platform.home);
    store = await startStore();
    assert.equal((await ended(alice, id, patienceMs)).status, "Finished");
    const again = (await asked()) as Answer<{ id: number }>;
    assert.equal(again.status, 201);
    await finishes(again.body.id);
  });

  it("of the queues delays submissions, and loses none (A-153)", async () => {
    await queues.stop();
    const id = await submit(alice, phaseId(), answerZip);
    const unsent = await platform.inside.db.selectFrom("outbox").select("id").where("sent_when", "is", null).execute();
    assert.notEqual(unsent.length, 0);
    queues = await startQueues(queueFolder);
    await finishes(id);
  });

  it("in which the queues are lost is over when they exist again (A-153)", async () => {
    await queues.stop();
    queues = await startQueues(await folder());
    const id = await submit(alice, phaseId(), answerZip);
    createQueues();
    await sql`update jobs set rung_when = now() - interval '2 minutes' where state = 'ready'`.execute(
      platform.inside.db,
    );
    await finishes(id);
  });
});
