import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { Client } from "pg";
import { artifacts } from "../../contract/job.ts";
import { killAll, start } from "../e2e/started.ts";
import { openLab, phaseOf, type Lab } from "../integration/support/lab.ts";
import { submit } from "../support/competitions.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { send } from "../support/http.ts";
import { findBinaries, startPostgres, type PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";
import { startEmulator } from "./emulator.ts";

const execute = promisify(execFile);
const buckets = ["benchstack-uploads", "benchstack-jobs"];
const closers: (() => unknown)[] = [];
const closing = <T>(value: T, close: (value: T) => unknown): T => {
  closers.push(() => close(value));
  return value;
};
const file = Buffer.from("what alice submitted");

/** The drill of a restore: a PostgreSQL server with an archive of its log, and an S3 server of others that keeps versions. */
describe("a platform that is restored to a moment", () => {
  let lab: Lab;
  let database: PostgresServer;
  let folder: string;
  let emulated: Record<string, string>;
  let alice: { token: string };
  let submission: number;
  let moment: Date;
  let log: { bucket: "jobs"; key: string };

  beforeAll(async () => {
    folder = closing(await temporaryFolder(), (one) => one.remove()).path;
    const emulator = closing(
      await startEmulator({ publicAddress: "127.0.0.1", folder, certificate: "/etc/ssl/certs/ca-certificates.crt" }),
      (one) => one.stop(),
    );
    emulated = {
      AWS_ENDPOINT_URL_S3: emulator.url,
      PUBLIC_S3_ENDPOINT: emulator.url,
      S3_FORCE_PATH_STYLE: "true",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    Object.assign(process.env, emulated);
    const client = new S3Client({ forcePathStyle: true });
    for (const Bucket of buckets) {
      await client.send(new CreateBucketCommand({ Bucket }));
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    }
    const archive = join(folder, "archive");
    await mkdir(archive, { mode: 0o777 });
    await execute("chmod", ["777", folder, archive]);
    database = closing(
      await startPostgres({
        settings: { wal_level: "replica", archive_mode: "on", archive_command: `cp %p ${archive}/%f` },
      }),
      (one) => one.stop(),
    );
    await execute(join(findBinaries(), "pg_basebackup"), [
      "-d",
      database.url,
      "-D",
      join(folder, "base"),
      "-c",
      "fast",
    ]);
    lab = await openLab({ database: { url: database.url } });
    closers.push(() => lab.close());
  });
  afterAll(async () => {
    await killAll();
    for (const close of closers.reverse()) await close();
  });

  it("has a scored submission at that moment, and then loses it with its files", async () => {
    const person = await lab.newPerson();
    alice = person;
    const competition = await lab.competition({}, person);
    submission = await submit(person, phaseOf(competition), file);
    const manifest = (await lab.claim())!;
    await lab.finish(manifest, { scores: { accuracy: 0.5, duration: 2 } });
    const { kept_prefix } = await lab.inside.db
      .selectFrom("attempts")
      .select("kept_prefix")
      .where("id", "=", manifest.attempt.id)
      .executeTakeFirstOrThrow();
    log = { bucket: "jobs", key: kept_prefix! + artifacts.log("scoring", "program", "stdout") };
    // S3 knows when an object was written to the second.
    const second = () => Math.floor(Date.now() / 1000);
    const last = second();
    moment = new Date((last + 1) * 1000);
    await waitFor("the second after that", () => second() > last + 1);

    await lab.inside.objects.put(log, Buffer.from("spoiled"));
    await lab.organizer.client.request("DELETE", `/api/competitions/${competition.id}/`);
    await waitFor("the files to be erased", async () => (await lab.inside.objects.head(log)) === undefined);
    assert.equal((await person.send("GET", `/api/submissions/${submission}/`)).status, 404);
  });

  it("has it again, with the files that it had", async () => {
    const restored = closing(await restoredDatabase(), (one) => one.stop());
    const at = moment.toISOString().replace(".000", "");
    const restore = (...words: string[]) =>
      execute(process.execPath, ["scripts/restore.ts", ...words, at, ...buckets], { cwd: repository });
    const planned = (await restore("--look")).stdout;
    assert.match(planned, /benchstack-jobs: of \d+ objects, \d+ would be undeleted and 1 would be replaced/);
    const { stdout } = await restore();
    assert.equal(stdout, planned.replaceAll("would be ", ""));
    // A second time finds nothing to do.
    assert.equal((await restore()).stdout.match(/ 0 undeleted/g)?.length, 2);

    const platform = start({ ...emulated, DATABASE_URL: restored.url, BENCHSTACK_HOME: join(folder, "home") });
    const url = await platform.url();
    const get = <Body>(path: string) =>
      send<Body>("GET", `${url}/api/submissions/${submission}/${path}`, { authorization: `Token ${alice.token}` });
    const { body } = await get<{ status: string; scores: { score: string }[] }>("");
    assert.equal(body.status, "Finished");
    assert.deepEqual(body.scores.map(({ score }) => Number(score)).sort(), [0.5, 2]);
    const { body: links } = await get<{ data_file: string; logs: { name: string; data_file: string }[] }>(
      "get_details/",
    );
    assert.deepEqual(Buffer.from(await (await fetch(links.data_file)).arrayBuffer()), file);
    const scoringLog = links.logs.find(({ name }) => name === "scoring_stdout")!;
    assert.equal(await (await fetch(scoringLog.data_file)).text(), "log of scoring\n");
  });

  /** A server with the database as it was at the moment, from the base backup and the archived log. */
  async function restoredDatabase(): Promise<PostgresServer> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ file: string }>("select pg_walfile_name(pg_switch_wal()) as file");
    await waitFor("the log to be archived", async () => {
      const archived = await client.query<{ file: string | null }>(
        "select last_archived_wal as file from pg_stat_archiver",
      );
      return (archived.rows[0]!.file ?? "") >= rows[0]!.file;
    });
    await client.end();
    return startPostgres({
      settings: {
        restore_command: `cp ${join(folder, "archive")}/%f %p`,
        recovery_target_time: moment.toISOString().replace("T", " ").replace("Z", "+00"),
        recovery_target_action: "promote",
      },
      copyOf: {
        server: database,
        async makeData(data) {
          await execute("cp", ["-a", join(folder, "base"), data]);
          await execute("touch", [join(data, "recovery.signal")]);
        },
      },
    });
  }
});
