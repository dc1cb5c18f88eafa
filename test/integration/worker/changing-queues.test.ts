/** The platform's own workers are there before the queues that they serve, and after them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { setPlatformToken } from "../../../lambdas/jobs/db/workers.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { transact } from "../../../lambdas/kernel/context.ts";
import { ArchiveCache } from "../../../worker-image/archive-cache.ts";
import { FreeSpace } from "../../../worker-image/free-space.ts";
import { DoorbellQueue } from "../../../worker-image/doorbell.ts";
import { SandboxLauncher } from "../../../worker-image/launchers/sandbox/launcher.ts";
import { LocalStepRunner } from "../../../worker-image/local-steps.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { WorkerApi } from "../../../worker-image/api-client.ts";
import { ownAccess } from "../../../worker-image/queue-access.ts";
import { openHome } from "../../../worker-image/work-folder.ts";
import { Worker } from "../../../worker-image/worker.ts";
import { temporaryFolder } from "../../support/files.ts";
import { startTestPlatform, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";

describe("a worker of the platform that runs", () => {
  let platform: TestPlatform;
  let worker: Worker;
  let ended: Promise<void>;
  let removeHome: () => Promise<void>;
  let workerId: string;
  /** Makes the worker, or another one of the same identity. */
  let workerFor: (queues: string[], queuesIntervalMs: number) => Worker;
  const lines: string[] = [];
  /** What ends listening to a queue, by its URL: aborted once it is over. */
  const listening = new Map<string, AbortSignal>();

  class WatchedDoorbell extends DoorbellQueue {
    override receive(count: number, waits: boolean, signal: AbortSignal) {
      listening.set(this.url, signal);
      return super.receive(count, waits, signal);
    }
  }

  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    const { token, hash } = newToken("bsw");
    await setPlatformToken(platform.inside.db, hash);
    const folder = await temporaryFolder();
    removeHome = folder.remove;
    const log = jsonLog((line) => lines.push(line));
    const home = await openHome(folder.path, log);
    ({ workerId } = home);
    const runner = new LocalStepRunner(
      await SandboxLauncher.open({ workerId, home: folder.path, log }),
      await ArchiveCache.open(home.cache, 1e9),
      new FreeSpace(() => Promise.resolve(false), log),
      home.attempt,
    );
    const identity = {
      id: workerId,
      instance: randomUUID(),
      host: "test-host",
      launcher: runner.kind,
      capabilities: runner.capabilities,
      slots: 1,
      version: "1",
    };
    const api = new WorkerApi(platform.url, token);
    const { queues } = await api.register(identity);
    const client = ownAccess();
    const doorbellQueue = (url: string) => new WatchedDoorbell(client, url);
    workerFor = (queues, queuesIntervalMs) =>
      new Worker({ identity, queues, doorbellQueue, api, runner, home, queuesIntervalMs, idleMs: null, log });
    worker = workerFor(queues, 50);
    ended = worker.run();
  });
  afterAll(async () => {
    worker.stop();
    await ended;
    await platform.close();
    await removeHome();
  });

  const urlOf = (id: string) => platform.inside.queues.url(`benchstack-queue-${id}`);
  const send = (method: string, path: string, json?: object) =>
    platform.admin.send(method, `/api/queues/${path}`, json ? { json } : undefined);
  const profiles = { prediction_profile: "standard", scoring_profile: "standard" };
  async function newQueue(settings: object): Promise<string> {
    const { status, body, text } = await send("POST", "", { name: "new", ...settings });
    assert.equal(status, 201, text);
    return String(body["id"]);
  }
  /** Puts a job into a queue and waits for its end. Gives whose it was. */
  async function ranBy(queueId: string): Promise<string> {
    const [id] = await transact(platform.inside, (tx) =>
      createJobs(tx, [{ queueId, kind: "submission", spec: { steps: [] }, priority: 0, ownerKey: "1", groupKey: "1" }]),
    );
    const attempt = await waitFor(
      `the job's end; ${lines.join("")}`,
      () =>
        platform.inside.db
          .selectFrom("jobs as j")
          .innerJoin("attempts as a", "a.id", "j.attempt_id")
          .select("a.worker_id")
          .where("j.id", "=", id!)
          .where("j.finished_when", "is not", null)
          .executeTakeFirst(),
      60_000,
    );
    return attempt.worker_id;
  }

  it("takes jobs of a queue that was made after it had started", async () => {
    const queue = await newQueue(profiles);
    assert.equal(await ranBy(queue), workerId);
  });

  it("takes jobs of a queue from when it has capacity profiles, until it has none", async () => {
    const queue = await newQueue({});
    await send("PATCH", `${queue}/`, profiles);
    assert.equal(await ranBy(queue), workerId);
    await send("PATCH", `${queue}/`, { prediction_profile: null, scoring_profile: null });
    await waitFor("it to listen no more", () => listening.get(urlOf(queue))!.aborted);
  });

  it("listens to a queue no more that was deleted, and goes on with the others", async () => {
    const [deleted, left] = [await newQueue(profiles), await newQueue(profiles)];
    await waitFor("it to listen", () => listening.has(urlOf(deleted)) && listening.has(urlOf(left)));
    assert.equal((await send("DELETE", `${deleted}/`)).status, 204);
    await waitFor("it to listen no more", () => listening.get(urlOf(deleted))!.aborted);
    assert.ok(!listening.get(urlOf(left))!.aborted);
    assert.equal(await ranBy(left), workerId);
  });

  it("asks for the list of queues at once when a queue does not exist", async () => {
    const gone = urlOf("gone");
    const other = workerFor([gone], 3_600_000);
    const otherEnded = other.run();
    await waitFor("it to listen no more", () => listening.get(gone)?.aborted);
    other.stop();
    await otherEnded;
  });
});
