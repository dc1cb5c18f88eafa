import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { newLoginKey, openLogin, sealingKeyOf } from "../../../contract/registry-login.ts";
import { createJobs } from "../../../lambdas/jobs/db/jobs.ts";
import { setSealingKey } from "../../../lambdas/jobs/db/registry-logins.ts";
import { setPlatformToken } from "../../../lambdas/jobs/db/workers.ts";
import { newToken } from "../../../lambdas/kernel/secrets.ts";
import type { Manifest } from "../../../contract/job.ts";
import { assertRefused } from "../../support/http.ts";
import { testJob } from "../jobs/test-kind.ts";
import { startTestPlatform } from "../../support/platform.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";

const loginKey = newLoginKey();
const password = `ghp_${randomUUID()}`;
const served = { prediction_profile: "standard", scoring_profile: "standard" };

describe("logins of registries", () => {
  let platform: TestPlatform;
  let ada: Person;
  let platformToken: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: null });
    const { token, hash } = newToken("bsw");
    await setPlatformToken(platform.inside.db, hash);
    platformToken = token;
  });
  // A person may have five queues.
  beforeEach(async () => {
    ada = await platform.newPerson();
  });
  afterAll(() => platform.close());

  async function newQueue(settings = {}): Promise<string> {
    const { status, body, text } = await ada.send<{ id: string }>("POST", "/api/queues/", {
      json: { name: "queue", ...settings },
    });
    assert.equal(status, 201, text);
    return body.id;
  }
  const store = (queue: string, host: string, json: object = { username: "robot", password }) =>
    ada.send("PUT", `/api/queues/${queue}/registries/${encodeURIComponent(host)}/`, { json });
  const listed = async (queue: string) =>
    (await ada.send<{ host: string; username: string }[]>("GET", `/api/queues/${queue}/registries/`)).body;
  const asWorker = <Body>(token: string, path: string, json: object) =>
    platform.send<Body>("POST", `/api/worker/${path}`, { authorization: `Bearer ${token}`, content: { json } });

  /** An attempt at a job of a queue with an image of ghcr.io, claimed by a worker. */
  async function claimed(queueId: string, token: string): Promise<string> {
    const file = { bucket: "uploads", key: randomUUID() } as const;
    const steps = testJob(file, file).steps.map((step) => ({ ...step, image: "GHCR.io/team/image:1" }));
    await platform.inside.db
      .transaction()
      .execute((tx) =>
        createJobs(tx, [{ queueId, kind: "submission", spec: { steps }, priority: 0, ownerKey: "1", groupKey: "1" }]),
      );
    const identity = { id: randomUUID(), instance: randomUUID(), host: "h", launcher: "ecs", slots: 1, version: "1" };
    const queue = platform.inside.queues.url(`benchstack-queue-${queueId}`);
    const { body, text } = await asWorker<{ manifest: Manifest }>(token, "claim/", { worker: identity, queue });
    assert.ok(body.manifest, text);
    assert.ok(!text.includes(password));
    return body.manifest.attempt.id;
  }
  const loginFor = (token: string, attempt: string, registry: string) =>
    asWorker<{ login: { queue: string; sealed: string } | null }>(token, `attempts/${attempt}/registry-login/`, {
      registry,
    });

  it("are refused where workers use those of their machine: LOGIN_OF_MACHINE (A-145)", async () => {
    const [own, ofPlatform] = [await newQueue(), await newQueue(served)];
    await platform.refuses(() => store(ofPlatform, "ghcr.io"), 409, "LOGIN_OF_MACHINE", /docker login/);
    await setSealingKey(platform.inside.db, sealingKeyOf(loginKey));
    await platform.refuses(() => store(own, "ghcr.io"), 409, "LOGIN_OF_MACHINE", /docker login/);
  });

  it("are stored, replaced and deleted, and no answer, row or log ever has the password (A-145)", async () => {
    const queue = await newQueue(served);
    assert.equal((await store(queue, "GHCR.io:443", { username: "first", password })).status, 204);
    assert.equal((await store(queue, "ghcr.io")).status, 204);
    assert.equal((await store(queue, "index.docker.io")).status, 204);
    const rows = await listed(queue);
    assert.deepEqual(
      rows.map(({ host, username, ...others }) => [host, username, Object.keys(others)]),
      [
        ["docker.io", "robot", ["changed_by", "changed_when"]],
        ["ghcr.io", "robot", ["changed_by", "changed_when"]],
      ],
    );
    const remove = () => ada.send("DELETE", `/api/queues/${queue}/registries/docker.io/`);
    assert.equal((await remove()).status, 204);
    assertRefused(await remove(), 404, "NO_SUCH_LOGIN");
    assert.deepEqual(
      (await listed(queue)).map(({ host }) => host),
      ["ghcr.io"],
    );
    const { text: trail } = await ada.send("GET", `/api/queues/${queue}/audit/?subject_id=ghcr.io`);
    assert.match(trail, /registry_login\.set.*registry_login\.set/s);
    const { rows: everything } = await sql<{ json: string }>`
      select row_to_json(l)::text as json from registry_logins l
      union all select row_to_json(e)::text from audit_events e`.execute(platform.inside.db);
    const log = await readFile(join(platform.home, "logs", "platform.log"), "utf8");
    for (const text of [trail, log, JSON.stringify(everything)]) assert.ok(!text.includes(password));
  });

  it("need the host of a registry, a username without a colon, and a password (A-145)", async () => {
    const queue = await newQueue(served);
    for (const host of ["a b", "ghcr.io/team", "-x", "user@ghcr.io"])
      assert.equal((await store(queue, host)).status, 404, host);
    for (const json of [{ username: "a:b", password }, { username: "a" }, { username: "a", password: "" }, {}])
      assert.equal((await store(queue, "ghcr.io", json)).status, 400, JSON.stringify(json));
    assert.deepEqual(await listed(queue), []);
  });

  it("are given to the platform's own workers, for the images of a job of the queue and while they hold it (A-145)", async () => {
    const [queue, other] = [await newQueue(served), await newQueue(served)];
    await store(queue, "ghcr.io");
    await store(queue, "quay.io");
    const [attempt, stranger] = [await claimed(queue, platformToken), await claimed(other, platformToken)];
    const { login } = (await loginFor(platformToken, attempt, "ghcr.io")).body;
    assert.equal(login?.queue, queue);
    assert.deepEqual(openLogin(login.sealed, "ghcr.io", loginKey), { username: "robot", password });
    assert.equal((await loginFor(platformToken, attempt, "quay.io")).body.login, null);
    assert.equal((await loginFor(platformToken, stranger, "ghcr.io")).body.login, null);
    assertRefused(await loginFor(platformToken, randomUUID(), "ghcr.io"), 404, "NO_SUCH_ATTEMPT");
    const made = await ada.send<{ token: string }>("POST", `/api/queues/${queue}/tokens/`, { json: {} });
    assertRefused(await loginFor(made.body.token, attempt, "ghcr.io"), 403, "OWN_WORKER", /docker login/);
    await asWorker(platformToken, `attempts/${attempt}/complete/`, { outcome: "released", failure: null, steps: [] });
    assertRefused(await loginFor(platformToken, attempt, "ghcr.io"), 409, "ATTEMPT_SUPERSEDED");
  });

  it("go with their queue (A-145)", async () => {
    const queue = await newQueue(served);
    await store(queue, "ghcr.io");
    assert.equal((await ada.send("DELETE", `/api/queues/${queue}/`)).status, 204);
    const left = await platform.inside.db
      .selectFrom("registry_logins")
      .select("registry")
      .where("queue_id", "=", queue)
      .execute();
    assert.deepEqual(left, []);
  });
});
