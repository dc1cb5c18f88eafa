import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { setPlatformToken, unwellWorkers } from "../../../lambdas/jobs/db/workers.ts";
import type { Manifest } from "../../../contract/job.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import { offer } from "../../support/below-the-api.ts";
import { assertRefused } from "../../support/http.ts";
import type { Answer } from "../../support/http.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";

interface Queue {
  id: string;
  prediction_profile: string | null;
  accepts_jobs: boolean;
  max_running: number | null;
  problem: string | null;
}
interface Token {
  id: string;
  name: string;
  token: string;
  command: string;
}

const identity = (id = randomUUID()) => ({
  id,
  instance: randomUUID(),
  host: "gpu-box",
  launcher: "docker",
  slots: 2,
  version: "1.2.3",
});
const gpu = { cpu: 4096, memoryMiB: 14_000, diskGiB: 100, gpus: 1, network: false };
const standard = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true };

describe("who serves a queue", () => {
  let platform: TestPlatform;
  let ada: Person;
  let bob: Person;
  let eve: Person;
  let platformToken: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    [ada, bob, eve] = await Promise.all([platform.newPerson(), platform.newPerson(), platform.newPerson()]);
    await offer(platform.inside, offered());
    const { token, hash } = newToken("bsw");
    await setPlatformToken(platform.inside.db, hash);
    platformToken = token;
  });
  afterAll(() => platform.close());

  /** Profiles as a deploy writes them. Ada may use the one with GPUs. */
  const offered = (users = [ada.username]) => ({ standard: { ...standard, users: null }, gpu: { ...gpu, users } });

  const idOf = async ({ username }: Person) =>
    (
      await platform.inside.db
        .selectFrom("users")
        .select("id")
        .where("username", "=", username)
        .executeTakeFirstOrThrow()
    ).id;
  async function make(person: Person, settings: object = {}): Promise<Queue> {
    const { status, body, text } = await person.send<Queue & Record<string, unknown>>("POST", "/api/queues/", {
      json: { name: "a queue", ...settings },
    });
    assert.equal(status, 201, text);
    return body;
  }
  async function tokenOf(person: Person, queue: Queue): Promise<Token> {
    const { status, body, text } = await person.send<Token & Record<string, unknown>>(
      "POST",
      `/api/queues/${queue.id}/tokens/`,
      { json: { name: "lab box" } },
    );
    assert.equal(status, 201, text);
    return body;
  }
  const asWorker = <Body = Record<string, unknown>>(token: string, path: string, json: object): Promise<Answer<Body>> =>
    platform.send<Body>("POST", `/api/worker/${path}`, { authorization: `Bearer ${token}`, content: { json } });
  const urlOf = ({ id }: Queue) => platform.inside.queues.url(`benchstack-queue-${id}`);
  const claim = async (token: string, queue: Queue, worker = identity()) =>
    asWorker<{ manifest: Manifest | null }>(token, "claim/", { worker, queue: urlOf(queue) });
  const addJobs = (queue: Queue, count: number) =>
    platform.inside.db.transaction().execute((tx) =>
      createJobs(
        tx,
        Array.from({ length: count }, (_, n) => ({
          queueId: queue.id,
          kind: "submission",
          spec: { steps: [] },
          priority: 0,
          ownerKey: `${n}`,
          groupKey: "1",
        })),
      ),
    );

  describe("capacity profiles", () => {
    it("are listed to whom they are open", async () => {
      const names = async (person: Person) =>
        (await person.send<{ name: string }[]>("GET", "/api/queues/capacity_profiles/")).body.map(({ name }) => name);
      assert.deepEqual(await names(ada), ["standard", "gpu"]);
      assert.deepEqual(await names(bob), ["standard"]);
      assert.deepEqual(await names(platform.admin), ["standard", "gpu"]);
    });

    it("are chosen for prediction and for scoring by whoever may use them: else NO_SUCH_PROFILE, ONE_PROFILE", async () => {
      const queue = await make(ada, { prediction_profile: "gpu", scoring_profile: "standard" });
      assert.equal(queue.prediction_profile, "gpu");
      const path = `/api/queues/${(await make(bob)).id}/`;
      const change =
        (json: object, who = bob) =>
        () =>
          who.send("PATCH", path, { json });
      await platform.refuses(
        change({ prediction_profile: "gpu", scoring_profile: "standard" }),
        400,
        "NO_SUCH_PROFILE",
      );
      await platform.refuses(
        change({ prediction_profile: "huge", scoring_profile: "standard" }),
        400,
        "NO_SUCH_PROFILE",
      );
      await platform.refuses(change({ prediction_profile: "standard" }), 400, "ONE_PROFILE");
      // It would be bob who uses it.
      await platform.refuses(
        change({ prediction_profile: "gpu", scoring_profile: "standard" }, platform.admin),
        400,
        "NO_SUCH_PROFILE",
      );
    });

    it("that the queue's owner may not use any more leave its jobs waiting, and the queue says why", async () => {
      const queue = await make(ada, { prediction_profile: "gpu", scoring_profile: "standard" });
      await addJobs(queue, 1);
      const problem = async () =>
        (await ada.send<Queue & Record<string, unknown>>("GET", `/api/queues/${queue.id}/`)).body.problem;
      assert.equal(await problem(), null);
      await offer(platform.inside, offered([]));
      try {
        assert.match((await problem())!, /owner may no longer use the capacity profile "gpu"/);
        assert.deepEqual((await claim(platformToken, queue)).body, { manifest: null, wait: false });
      } finally {
        await offer(platform.inside, offered());
      }
      assert.ok((await claim(platformToken, queue)).body.manifest);
    });
  });

  describe("the platform's own workers", () => {
    const listenTo = async () =>
      (await asWorker<{ queues: string[] }>(platformToken, "queues/", { worker: identity() })).body.queues;

    it("listen to every queue with capacity profiles, as soon as it has them and as long as it is there", async () => {
      const queue = await make(ada);
      assert.ok(!(await listenTo()).includes(urlOf(queue)));
      assertRefused(await claim(platformToken, queue), 403, "WRONG_QUEUE");
      await ada.send("PATCH", `/api/queues/${queue.id}/`, {
        json: { prediction_profile: "standard", scoring_profile: "standard" },
      });
      assert.ok((await listenTo()).includes(urlOf(queue)));
      assert.equal((await claim(platformToken, queue)).status, 200);
      await ada.send("DELETE", `/api/queues/${queue.id}/`);
      assert.ok(!(await listenTo()).includes(urlOf(queue)));
      assertRefused(await claim(platformToken, queue), 403, "WRONG_QUEUE");
    });

    it("report on attempts of any of these queues", async () => {
      const queue = await make(bob, { prediction_profile: "standard", scoring_profile: "standard" });
      await addJobs(queue, 1);
      const { manifest } = (await claim(platformToken, queue)).body;
      assert.equal(
        (await asWorker(platformToken, `attempts/${manifest!.attempt.id}/heartbeat/`, { progress: [] })).status,
        200,
      );
    });

    it("know their token alone: one before is refused", async () => {
      const { token, hash } = newToken("bsw");
      await setPlatformToken(platform.inside.db, hash);
      assertRefused(await asWorker(platformToken, "queues/", { worker: identity() }), 401, "BAD_TOKEN");
      platformToken = token;
      assert.ok((await listenTo()).length > 0);
    });
  });

  describe("workers of a queue's owner", () => {
    it("come with a token that is shown once, with the line that starts one, and kept as a hash", async () => {
      const queue = await make(ada);
      const { token, command } = await tokenOf(ada, queue);
      assert.match(
        command,
        new RegExp(`^docker run .*-e BENCHSTACK_API_URL=${platform.url} -e BENCHSTACK_WORKER_TOKEN=${token} `),
      );
      const listed = await ada.send("GET", `/api/queues/${queue.id}/tokens/`);
      assert.doesNotMatch(listed.text, new RegExp(token));
      const [first] = listed.body as unknown as Record<string, unknown>[];
      assert.deepEqual([first!["name"], first!["created_by"], first!["revoked_when"]], ["lab box", ada.username, null]);
      const kept = await platform.inside.db
        .selectFrom("worker_tokens")
        .selectAll()
        .where("queue_id", "=", queue.id)
        .executeTakeFirstOrThrow();
      assert.doesNotMatch(JSON.stringify(kept), new RegExp(token));
    });

    it("claim jobs of their queue, and of no other: WRONG_QUEUE, NO_SUCH_ATTEMPT", async () => {
      const [own, other] = [await make(ada), await make(bob)];
      const [ownToken, otherToken] = [(await tokenOf(ada, own)).token, (await tokenOf(bob, other)).token];
      await addJobs(other, 1);
      assertRefused(await claim(ownToken, other), 403, "WRONG_QUEUE");
      const { manifest } = (await claim(otherToken, other)).body;
      assertRefused(
        await asWorker(ownToken, `attempts/${manifest!.attempt.id}/heartbeat/`, { progress: [] }),
        404,
        "NO_SUCH_ATTEMPT",
      );
      const registered = await asWorker(ownToken, "register/", { worker: identity() });
      assert.deepEqual(registered.body, {
        released: 0,
        queues: [`${platform.url}/000000000000/benchstack-queue-${own.id}`],
        access: "lent",
      });
    });

    it("are refused at the next claim once their token is revoked, and what they ran is another's when the lease runs out", async () => {
      const queue = await make(ada);
      const { id, token } = await tokenOf(ada, queue);
      await addJobs(queue, 2);
      assert.ok((await claim(token, queue)).body.manifest);
      assert.equal((await ada.send("DELETE", `/api/queues/${queue.id}/tokens/${id}/`)).status, 204);
      assertRefused(await claim(token, queue), 401, "BAD_TOKEN", /unknown or was revoked/);
      assertRefused(await ada.send("DELETE", `/api/queues/${queue.id}/tokens/${randomUUID()}/`), 404, "NO_SUCH_TOKEN");
    });

    it("of the release before say no capabilities: those of ecs have the attempts that outlive them", async () => {
      const owner = await platform.newPerson();
      const queue = await make(owner);
      const { token } = await tokenOf(owner, queue);
      await addJobs(queue, 2);
      const outlives = async (worker: object) => {
        const { manifest } = (await claim(token, queue, { ...identity(), ...worker })).body;
        const attempt = await platform.inside.db
          .selectFrom("attempts")
          .select("outlives_worker")
          .where("id", "=", manifest!.attempt.id)
          .executeTakeFirstOrThrow();
        assert.equal(manifest!.tasks !== undefined, attempt.outlives_worker);
        return attempt.outlives_worker;
      };
      assert.deepEqual([await outlives({ launcher: "ecs" }), await outlives({ launcher: "docker" })], [true, false]);
      await addJobs(queue, 1);
      assert.equal(await outlives({ launcher: "another", capabilities: { outlivesWorker: true } }), true);
    });

    it("are seen with host, launcher, slots, version, their last sign of life and what they run", async () => {
      const owner = await platform.newPerson();
      const queue = await make(owner);
      const { token } = await tokenOf(owner, queue);
      const worker = identity();
      await asWorker(token, "register/", { worker });
      await addJobs(queue, 1);
      const { manifest } = (await claim(token, queue, worker)).body;
      const { body } = await owner.send("GET", `/api/queues/${queue.id}/workers/`);
      const [seen, ...others] = body as unknown as Record<string, unknown>[];
      assert.deepEqual(others, []);
      const { running, last_seen, ...rest } = seen!;
      const facts = { id: worker.id, host: "gpu-box", launcher: "docker", slots: 2, version: "1.2.3" };
      assert.deepEqual(rest, { ...facts, unwell: null, unwell_since: null });
      assert.ok(Date.now() - Date.parse(String(last_seen)) < 600_000);
      assert.deepEqual(
        (running as { attempt: string }[]).map(({ attempt }) => attempt),
        [manifest!.attempt.id],
      );
    });

    it("that take no jobs say why, and since when, until they do again (R-132, A-146)", async () => {
      const owner = await platform.newPerson();
      const queue = await make(owner);
      const { token } = await tokenOf(owner, queue);
      const worker = identity();
      const told = async (unwell?: string) => {
        const { status, text } = await asWorker(token, "queues/", { worker, ...(unwell && { unwell }) });
        assert.equal(status, 200, text);
        const { body } = await owner.send("GET", `/api/queues/${queue.id}/workers/`);
        return (body as unknown as { unwell: string | null; unwell_since: string | null }[])[0]!;
      };
      const since = (await told("The disk is full.")).unwell_since;
      assert.ok(Math.abs(Date.now() - Date.parse(since!)) < 600_000);
      const later = await told(`The engine does not answer. ${"x".repeat(1000)}`);
      assert.equal(later.unwell_since, since, "it was unwell all the time");
      assert.match(later.unwell!, /^The engine does not answer\. x{472}$/);
      assert.deepEqual(await unwellWorkers(platform.inside.db), [
        { id: worker.id, queue: `benchstack-queue-${queue.id}` },
      ]);
      const { unwell, unwell_since } = await told();
      assert.deepEqual([unwell, unwell_since], [null, null]);
      assert.deepEqual(await unwellWorkers(platform.inside.db), []);
    });

    it("and their tokens are for the owner, those it is shared with and superusers: else NOT_ALLOWED, NO_SUCH_QUEUE", async () => {
      const owner = await platform.newPerson();
      const queue = await make(owner, { is_public: true, organizers: [await idOf(bob)] });
      const hidden = await make(owner);
      for (const path of ["workers", "tokens"]) {
        for (const person of [owner, bob, platform.admin])
          assert.equal((await person.send("GET", `/api/queues/${queue.id}/${path}/`)).status, 200);
        assertRefused(await eve.send("GET", `/api/queues/${queue.id}/${path}/`), 403, "NOT_ALLOWED");
        assertRefused(await eve.send("GET", `/api/queues/${hidden.id}/${path}/`), 404, "NO_SUCH_QUEUE");
      }
      const { id } = await tokenOf(bob, queue);
      await platform.refuses(
        () => eve.send("POST", `/api/queues/${queue.id}/tokens/`, { json: { name: "x" } }),
        403,
        "NOT_ALLOWED",
      );
      await platform.refuses(() => eve.send("DELETE", `/api/queues/${queue.id}/tokens/${id}/`), 403, "NOT_ALLOWED");
    });
  });

  describe("a report", () => {
    it("is accepted even if it repeats what no database can store (R-99)", async () => {
      const owner = await platform.newPerson();
      const queue = await make(owner);
      const { token } = await tokenOf(owner, queue);
      await addJobs(queue, 1);
      const { attempt } = (await claim(token, queue)).body.manifest!;
      const waiting = { step: "scoring", stage: "preparing", waiting: `pulling \ud800${"x".repeat(300)}` };
      assert.equal((await asWorker(token, `attempts/${attempt.id}/heartbeat/`, { progress: [waiting] })).status, 200);
      const failure = {
        code: "PROGRAM_EXIT",
        message: `It wrote \u0000 and \udfff. ${"x".repeat(20_000)}`,
        step: null,
      };
      const report = { outcome: "failed", failure, steps: [] };
      assert.equal((await asWorker(token, `attempts/${attempt.id}/complete/`, report)).status, 200);
      const kept = await platform.inside.db
        .selectFrom("jobs")
        .select("failure")
        .where("id", "=", attempt.jobId)
        .executeTakeFirstOrThrow();
      assert.match(kept.failure?.message ?? "", /^It wrote \uFFFD and \uFFFD\. x+$/);
    });
  });

  describe("limits of a queue", () => {
    it("parallel jobs: no more run at a time, however many claim at once, and the end of one rings for the next", async () => {
      const owner = await platform.newPerson();
      const queue = await make(owner, { max_running: 2 });
      const { token } = await tokenOf(owner, queue);
      await addJobs(queue, 6);
      const claims = await Promise.all(Array.from({ length: 6 }, () => claim(token, queue)));
      const held = claims.flatMap(({ body }) => body.manifest ?? []);
      assert.equal(held.length, 2);
      const { sqs_name } = await platform.inside.db
        .selectFrom("queues")
        .select("sqs_name")
        .where("id", "=", queue.id)
        .executeTakeFirstOrThrow();
      const rings = async () =>
        Number(
          (
            await platform.inside.db
              .selectFrom("outbox")
              .select((eb) => eb.fn.countAll().as("n"))
              .where("queue_name", "=", sqs_name)
              .executeTakeFirstOrThrow()
          ).n,
        );
      const before = await rings();
      const failed = { outcome: "failed", failure: { code: "PROGRAM_EXIT", message: "No.", step: null }, steps: [] };
      assert.equal((await asWorker(token, `attempts/${held[0]!.attempt.id}/complete/`, failed)).status, 200);
      assert.equal(await rings(), before + 1);
      assert.ok((await claim(token, queue)).body.manifest);
      assert.equal((await claim(token, queue)).body.manifest, null);
    });

    it("are taken off with null, in a form with nothing", async () => {
      const owner = await platform.newPerson();
      const { id } = await make(owner, { max_running: 2, max_step_seconds: 60, max_submission_bytes: 1e10 });
      const { body } = await owner.send("PATCH", `/api/queues/${id}/`, {
        form: { max_running: "", max_step_seconds: "30" },
      });
      assert.deepEqual([body["max_running"], body["max_step_seconds"], body["max_submission_bytes"]], [null, 30, 1e10]);
    });
  });
});
