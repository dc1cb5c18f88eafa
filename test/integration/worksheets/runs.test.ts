/** Starting and ending runs, without a worker. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { startRun } from "../../../lambdas/worksheets/service/runs/start.ts";
import { continueStalledRuns, finishRun } from "../../../lambdas/worksheets/service/runs/finish.ts";
import { claim, complete } from "../../../lambdas/jobs/service/attempts.ts";
import { jobOwners } from "../../../lambdas/functions/job-owners.ts";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { nextWaiting, setRunState } from "../../../lambdas/worksheets/db/runs.ts";
import { waitFor } from "../../support/wait.ts";
import { ids, link, newBundle, openRestLab, type Client, type RestLab } from "./rest-lab.ts";

describe("runs of worksheets", () => {
  let lab: RestLab;
  let [alice, bob]: Client[] = [];
  let worksheet: string;
  beforeAll(async () => {
    lab = await openRestLab();
    [alice, bob] = [await lab.newClient(), await lab.newClient()];
    worksheet = await alice!.worksheet("of-runs");
  });
  afterAll(() => lab.close());

  const rowOf = (uuid: string) =>
    lab.inside.db.selectFrom("bundles").selectAll().where("uuid", "=", uuid).executeTakeFirstOrThrow();
  const jobOf = (id: string) =>
    lab.inside.db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const startsOf = async (client: Client, place: string, metadata: object = {}) => {
    const uuid = await client.bundle(place, "r", { type: "run", command: "true", metadata });
    await waitFor("its job", async () => (await rowOf(uuid)).job_id !== null);
    return { uuid, job: (await rowOf(uuid)).job_id! };
  };
  const edit = (uuid: string, attributes: object, relationships = {}) => ({
    data: [{ type: "bundles", id: uuid, attributes, relationships }],
  });

  it("start once, however often they are told to, and with any priority (W-120, W-129)", async () => {
    const { uuid, job } = await startsOf(alice!, worksheet, { request_priority: 1_000_000 });
    await Promise.all([startRun(lab.inside, uuid), startRun(lab.inside, uuid)]);
    await continueStalledRuns(lab.inside);
    const row = await rowOf(uuid);
    assert.deepEqual([row.state, row.job_id], ["staged", job]);
    assert.equal((await jobOf(job)).priority, 32_767);
    // Whoever deletes it needs its job no more.
    await alice!.ask("DELETE", "bundles", ids("bundles", uuid));
    const { state, unwanted } = await jobOf(job);
    assert.deepEqual([state, unwanted], ["cancelled", true]);
  });

  /** Whether a statement waits for a lock. */
  const waiting = async () => {
    const { rows } = await sql`select from pg_stat_activity where datname = current_database()
      and wait_event_type = 'Lock'`.execute(lab.inside.db);
    return rows.length > 0;
  };

  it("are killed and deleted while a heartbeat changes them, in one order of locks (W-205)", async () => {
    for (const act of [
      (uuid: string) =>
        alice!.ask("POST", "bundle-actions", {
          data: [{ type: "bundle-actions", attributes: { type: "kill", uuid } }],
        }),
      (uuid: string) => alice!.ask("DELETE", "bundles", ids("bundles", uuid)),
    ]) {
      const { uuid, job } = await startsOf(alice!, worksheet);
      const acted = await lab.inside.db.transaction().execute(async (tx) => {
        // What a heartbeat does: it changes the job, and then its run.
        await sql`update jobs set rung_when = now() where id = ${job}`.execute(tx);
        const acting = act(uuid);
        await waitFor("the other to wait", waiting);
        await setRunState(tx, job, "staged", { staged_status: "heard" });
        return { acting };
      });
      await acted.acting;
      assert.equal((await jobOf(job)).state, "cancelled");
    }
  });

  it("are killed at the moment at which they get their job (W-205)", async () => {
    const { uuid, job } = await startsOf(alice!, worksheet);
    await sql`update bundles set job_id = null where uuid = ${uuid}`.execute(lab.inside.db);
    const acted = await lab.inside.db.transaction().execute(async (tx) => {
      await sql`update bundles set job_id = ${job} where uuid = ${uuid}`.execute(tx);
      const acting = alice!.ask("POST", "bundle-actions", {
        data: [{ type: "bundle-actions", attributes: { type: "kill", uuid } }],
      });
      await waitFor("the other to wait", waiting);
      return { acting };
    });
    await acted.acting;
    assert.equal((await jobOf(job)).state, "cancelled");
  });

  const cases: [what: string, metadata: object, reason: RegExp][] = [
    ["a queue that is not their owner's", { request_queue: "tag=nobody's" }, /There is no queue "nobody's"/],
    ["too little memory", { request_memory: "1k" }, /at least 4m of memory/],
  ];
  for (const [what, metadata, reason] of cases)
    it(`fail with a reason if they want ${what} (W-127, W-130)`, async () => {
      const uuid = await alice!.bundle(worksheet, "r", { type: "run", command: "true", metadata });
      await waitFor("the failure", async () => (await rowOf(uuid)).state === "failed");
      assert.match(String((await rowOf(uuid)).metadata["failure_message"]), reason);
    });

  it("wait for GPUs that no machine has, keep no others waiting, and start when they want none (W-159)", async () => {
    const dave = await lab.newClient();
    const sheet = await dave.worksheet("of-dave");
    const gpus = (request_gpus: number) => ({ metadata: { request_gpus } });
    const uuid = await dave.bundle(sheet, "r", { type: "run", command: "true", ...gpus(3) });
    const why = async () => String((await rowOf(uuid)).metadata["staged_status"]);
    await waitFor("the reason", async () => /^No machine here has 3 GPUs .* so the run waits/.test(await why()));
    assert.equal((await rowOf(uuid)).state, "staged");
    const next = await lab.inside.db
      .transaction()
      .execute(async (tx) => nextWaiting(tx, (await rowOf(uuid)).owner_id, "No machine here has"));
    assert.equal(next, undefined);
    await dave.ask("PATCH", "bundles", edit(uuid, gpus(0)));
    await waitFor("the job", async () => (await rowOf(uuid)).job_id !== null);
    await dave.ask("DELETE", "bundles", ids("bundles", uuid));
  });

  it("fail if what they depend on is gone, hidden or has failed, unless they may (W-127)", async () => {
    const hidden = await bob!.bundle(await bob!.worksheet("hidden-runs"), "hidden");
    const shares = { worksheet: link("worksheets", await bob!.worksheet("own-only")), group: link("groups", "public") };
    await bob!.ask("POST", "worksheet-permissions", {
      data: [{ type: "worksheet-permissions", attributes: { permission: 0 }, relationships: shares }],
    });
    const failed = await alice!.bundle(worksheet, "failed", { type: "run", metadata: { request_memory: "1k" } });
    await waitFor("the parent to fail", async () => (await rowOf(failed)).state === "failed");
    await lab.inside.db
      .deleteFrom("bundle_permissions")
      .where("bundle_id", "=", (await rowOf(hidden)).id)
      .execute();
    await lab.inside.db.updateTable("bundles").set({ state: "ready" }).where("uuid", "=", hidden).execute();
    const reasonOf = async (parent_uuid: string, metadata: object = {}) => {
      const dependencies = [{ child_path: "p", parent_uuid, parent_path: "" }];
      const more = { type: "run", command: "true", dependencies, metadata };
      const uuid = await alice!.bundle(worksheet, "child", more);
      await waitFor("the failure", async () => (await rowOf(uuid)).state === "failed");
      return String((await rowOf(uuid)).metadata["failure_message"]);
    };
    assert.match(await reasonOf(`0x${"0".repeat(32)}`), /^Missing parent bundles: 0x0/);
    assert.match(await reasonOf(hidden), /^The owner may not read the parent bundles: 0x/);
    assert.match(await reasonOf(failed), /^Parent bundles failed: 0x/);
    assert.match(await reasonOf(failed, { allow_failed_dependencies: true }), /not found/);
  });

  it("wait while their owner has as many going as may run at once, and are listed with their workers (W-129, W-130)", async () => {
    const carol = await lab.newClient();
    const sheet = await carol.worksheet("of-carol");
    const first = [await startsOf(carol, sheet), await startsOf(carol, sheet), await startsOf(carol, sheet)];
    const last = await carol.bundle(sheet, "last", { type: "run", command: "true" });
    await waitFor("the reason", async () =>
      String((await rowOf(last)).metadata["staged_status"]).includes("owner's 3 runs"),
    );
    await startRun(lab.inside, last);
    assert.equal((await rowOf(last)).job_id, null);
    const kill = { data: [{ type: "bundle-actions", attributes: { type: "kill", uuid: first[0]!.uuid } }] };
    await carol.ask("POST", "bundle-actions", kill);
    assert.equal((await rowOf(first[0]!.uuid)).state, "killed");
    await waitFor("the last to start", async () => (await rowOf(last)).job_id !== null);
    assert.deepEqual((await carol.ask("GET", "workers/info")).data, []);
    await carol.ask("DELETE", "bundles", ids("bundles", last, ...first.map(({ uuid }) => uuid)));
  });

  it("end once, with their reason, and cannot run again (W-123, W-131)", async () => {
    const { uuid, job } = await startsOf(alice!, worksheet);
    const worker = {
      ...{ id: "w", instance: "w", host: "machine", launcher: "docker", slots: 1, version: "1" },
      capabilities: { outlivesWorker: false },
    };
    const manifest = await waitFor("the claim", () =>
      claim(lab.inside, jobOwners, queue, worker).then((claimed) => claimed ?? undefined),
    );
    assert.equal(manifest.attempt.jobId, job);
    assert.equal((await rowOf(uuid)).state, "preparing");
    await complete(lab.inside, jobOwners, null, manifest.attempt.id, {
      outcome: "failed",
      failure: { code: "PROGRAM_EXIT", message: "It exited.", step: "run" },
      steps: [],
    });
    await waitFor("the end", async () => (await rowOf(uuid)).state === "failed");
    await finishRun(lab.inside, uuid);
    assert.equal((await rowOf(uuid)).metadata["failure_message"], "Exit code null");
    const seconds = await lab.inside.db
      .selectFrom("run_seconds")
      .select("id")
      .where("bundle_uuid", "=", uuid)
      .execute();
    assert.equal(seconds.length, 1);
    assert.equal((await jobOf(job)).unwanted, true);
  });

  it("read as their owner only: it changes when they have ended, and decides where they read (W-25, W-127)", async () => {
    const { uuid } = await startsOf(alice!, worksheet);
    const [everybody] = (await alice!.ask("GET", "groups/public")).data;
    await alice!.ask("POST", "bundle-permissions", {
      data: [
        {
          type: "bundle-permissions",
          attributes: { permission: 2 },
          relationships: { bundle: link("bundles", uuid), group: link("groups", everybody!.id) },
        },
      ],
    });
    const give = edit(uuid, {}, { owner: link("users", bob!.id) });
    await alice!.refused(403, "NOT_FINAL", "PATCH", "bundles", give);
    await bob!.ask("PATCH", "bundles", edit(uuid, { metadata: { description: "Ours" } }));
    await bob!.refused(
      403,
      "NOT_ALLOWED",
      "PATCH",
      "bundles",
      edit(uuid, { metadata: { request_docker_image: "mine:1" } }),
    );
    await alice!.ask("PATCH", "bundles", edit(uuid, { metadata: { request_docker_image: "hers:1" } }));
    const kill = { data: [{ type: "bundle-actions", attributes: { type: "kill", uuid } }] };
    await alice!.ask("POST", "bundle-actions", kill);
    await alice!.ask("PATCH", "bundles", give);
    assert.equal(String((await rowOf(uuid)).owner_id), bob!.id);
  });

  it("are found from what they were made from once, however many ways lead to them (W-27)", async () => {
    let last = [await alice!.bundle(worksheet, "root")];
    const [root] = last;
    const count = 24;
    for (let layer = 0; layer < count; layer++) {
      const dependencies = last.map((parent_uuid, at) => ({ child_path: `p${at}`, parent_uuid, parent_path: "" }));
      const make = async () =>
        (await alice!.ask("POST", "bundles?detached=1", newBundle("make", "m", { dependencies }))).data[0]!.id;
      last = [await make(), await make()];
    }
    const found = await alice!.ask("GET", `bundles?specs=${root}&worksheet=${worksheet}&depth=100`);
    assert.equal(found.data.length, 1 + 2 * count);
  });

  let queue: string;
  beforeAll(async () => {
    queue = await defaultQueueId(lab.inside.db);
  });
});
