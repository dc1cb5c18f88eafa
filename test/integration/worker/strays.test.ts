/** Workers that come back from the dead, clocks that jump, and messages that nobody sent. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { globSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { artifacts } from "../../../contract/job.ts";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { sweep } from "../../../lambdas/functions/sweep.ts";
import { setPlatformToken } from "../../../lambdas/jobs/db/workers.ts";
import { hashToken } from "../../../lambdas/kernel/secrets.ts";
import { startWorkerProcess, type WorkerProcess } from "../../../local/worker-process.ts";
import {
  bundleFiles,
  publishCompetition,
  python,
  register,
  scoreOfAnswer,
  submit,
  waitToGo,
} from "../../support/competitions.ts";
import { temporaryFolder } from "../../support/files.ts";
import { expireLeases } from "../../support/leases.ts";
import { ended, letGo, scoringFolders, type Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { openLabWithPeople, phaseOf, type Lab } from "../support/lab.ts";

const patienceMs = 240_000;
/** Moves the clock of a process by as many milliseconds as a file says. */
const jumpingClock = (file: string) => `
import { readFileSync } from "node:fs";
const now = Date.now.bind(Date);
const jumped = () => { try { return now() + Number(readFileSync(${JSON.stringify(file)}, "utf8")); } catch { return now(); } };
globalThis.Date = class extends Date {
  constructor(...words) { words.length === 0 ? super(jumped()) : super(...words); }
  static now() { return jumped(); }
};`;

describe("what nobody expects", () => {
  let lab: Lab;
  let alice: Person;
  let phaseId: number;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let token: string;
  beforeAll(async () => {
    ({ lab, alice } = await openLabWithPeople());
    folder = await temporaryFolder();
    const program = python(`${waitToGo}\n${scoreOfAnswer}`, "scoring_program/");
    const competition = await lab.newCompetition(lab.organizer, bundleFiles({}, program));
    await register(competition, alice);
    phaseId = phaseOf(competition);
    token = `bsw_${randomUUID()}`;
    await setPlatformToken(lab.inside.db, hashToken(token));
  });
  afterAll(async () => {
    await lab.close();
    await folder.remove();
  });

  const workers: WorkerProcess[] = [];
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.release()));
  });
  /** A worker with a home of its own below the folder. It ends with the test. */
  async function startWorker(name: string, settings: Record<string, string> = {}): Promise<WorkerProcess> {
    const environment = {
      BENCHSTACK_API_URL: lab.url,
      BENCHSTACK_WORKER_TOKEN: token,
      BENCHSTACK_WORKER_HOME: join(folder.path, name, "worker"),
      BENCHSTACK_LAUNCHER: "sandbox",
      ...settings,
    };
    const worker = await startWorkerProcess(environment, { logs: folder.path });
    workers.push(worker);
    return worker;
  }
  const attemptsAt = (id: number) =>
    lab.inside.db
      .selectFrom("attempts as a")
      .innerJoin("submissions as s", "s.job_id", "a.job_id")
      .select(["a.id", "a.outcome", "a.ended_when"])
      .where("s.id", "=", id)
      .orderBy("a.number")
      .execute();
  const runsAt = (name: string) =>
    waitFor("the program", () => scoringFolders(join(folder.path, name)).length > 0, patienceMs);
  async function assertScoredOnce(id: number, score: number): Promise<void> {
    const { status, scores } = await alice.client.submission(id);
    assert.deepEqual([status, scores.map((one) => Number(one.score))], ["Finished", [score]]);
  }

  it("a worker that is frozen past its lease, and then reports what it ran, changes nothing and leaves nothing (R-219)", async () => {
    const zombie = await startWorker("zombie");
    const id = await submit(alice, phaseId, { "answer.txt": "0.5" });
    await runsAt("zombie");
    process.kill(zombie.pid!, "SIGSTOP");
    // Its program goes on, and ends.
    await letGo(join(folder.path, "zombie"));
    await expireLeases(lab.inside.db);
    await sweep(lab.inside, jobOwners);
    await startWorker("other");
    await runsAt("other");
    process.kill(zombie.pid!, "SIGCONT");
    const work = join(folder.path, "zombie/worker/work/*");
    await waitFor("the zombie to give up", () => globSync(work).length === 0, patienceMs);
    assert.equal((await attemptsAt(id)).at(-1)!.ended_when, null, "the second attempt goes on");
    await letGo(join(folder.path, "other"));
    await ended(alice, id, patienceMs);
    await assertScoredOnce(id, 0.5);
    const [first, second, ...more] = await attemptsAt(id);
    assert.deepEqual([first!.outcome, second!.outcome, more], ["failed", "succeeded", []]);
    // Its signatures end an hour later. Then what it may have written is erased.
    await sql`update attempts set erase_when = now() where id = ${first!.id} and erase_when is not null`.execute(
      lab.inside.db,
    );
    const left = { bucket: "jobs" as const, key: artifacts.prefix(first!.id) };
    await waitFor("its files to be erased", async () => {
      await sweep(lab.inside, jobOwners);
      return (await lab.inside.objects.list(left)).objects.length === 0;
    });
  }, 600_000);

  it("a clock of a worker that jumps a day ahead and back changes no limit and loses no job (R-219)", async () => {
    const offset = join(folder.path, "offset");
    const module = join(folder.path, "clock.mjs");
    await writeFile(module, jumpingClock(offset));
    await startWorker("jumping", { NODE_OPTIONS: `--import=${module}` });
    const day = 24 * 3600 * 1000;
    for (const jump of [day, -day]) {
      await writeFile(offset, "0");
      const id = await submit(alice, phaseId, { "answer.txt": "0.25" });
      await runsAt("jumping");
      await writeFile(offset, String(jump));
      await letGo(join(folder.path, "jumping"));
      await ended(alice, id, patienceMs);
      await assertScoredOnce(id, 0.25);
      assert.deepEqual(
        (await attemptsAt(id)).map(({ outcome }) => outcome),
        ["succeeded"],
      );
      // And the next one begins with that clock.
      const next = await submit(alice, phaseId, { "answer.txt": "0.125" });
      await runsAt("jumping");
      await letGo(join(folder.path, "jumping"));
      await ended(alice, next, patienceMs);
      await assertScoredOnce(next, 0.125);
    }
  }, 600_000);

  it("messages that nobody sent, on each queue, hold up no other and end nobody (R-219)", async () => {
    await startWorker("poisoned");
    const client = new SQSClient({});
    const bodies = [
      "",
      "{",
      "null",
      "[]",
      '{"type":"unknown"}',
      '{"type":"erase"}',
      '{"mail":"x"}',
      "x".repeat(200_000),
    ];
    for (const queue of ["benchstack-default", "benchstack-control", "benchstack-mail"])
      for (const body of bodies)
        await client.send(
          new SendMessageCommand({ QueueUrl: lab.inside.queues.url(queue), MessageBody: body === "" ? " " : body }),
        );
    client.destroy();
    const id = await submit(alice, phaseId, { "answer.txt": "0.75" });
    await runsAt("poisoned");
    await letGo(join(folder.path, "poisoned"));
    await ended(alice, id, patienceMs);
    await assertScoredOnce(id, 0.75);
    // An import needs the queue of slow work.
    await publishCompetition(lab.organizer, bundleFiles({ title: "After the poison" }));
  }, 600_000);
});
