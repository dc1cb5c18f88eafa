import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { handler as hostOrders, type HostMessage } from "../../../lambdas/functions/events/host-orders.ts";
import { handler as hostTime, type HostLook } from "../../../lambdas/functions/events/host-time.ts";
import { handler as makeHosts } from "../../../lambdas/functions/events/hosts.ts";
import { handler as lookAtHosts } from "../../../lambdas/functions/events/look-at-hosts.ts";
import { groupNames, removeHosts as removeOne } from "../../../lambdas/functions/requested-hosts/remove.ts";
import { stopUnusedCapacity, runtimeProfilesOf } from "../../../lambdas/jobs/service/capacity-requests.ts";
import { keepLaunch } from "../../../lambdas/jobs/db/launches.ts";
import { priceOfHost } from "../../../lambdas/jobs/rules/cost.ts";
import type { Host } from "../../../contract/capacity-profile.ts";
import type { JobSpec } from "../../../contract/job.ts";
import { startAwsJson } from "../../support/aws-json.ts";
import { submit } from "../../support/competitions.ts";
import { startHostServices, type HostServices } from "../../support/hosts.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { expect, openLab, phaseOf, type Lab } from "../support/lab.ts";

interface Request {
  id: string;
  state: string;
  problem: string | null;
  profile: string;
  decided_by: string | null;
}

const offer = {
  types: { "g5.xlarge": { cpu: 4096, memoryMiB: 15_000, gpus: 1 } },
  maxHosts: 4,
  diskGiB: 100,
  approvedUsd: 20,
};
const g5: Host = { instanceType: "g5.xlarge", spot: false, diskGiB: 100, usdPerHour: null };
const wanted = { instance_type: "g5.xlarge", hosts: 2, spot: true, monthly_usd: 50, why: "for my competition" };

describe("hosts that the owner of a queue requests", () => {
  let lab: Lab;
  let owner: Person;
  let aws: HostServices;
  let inside: Awaited<ReturnType<typeof startAwsJson>>;
  beforeAll(async () => {
    lab = await openLab();
    owner = lab.organizer;
    aws = await startHostServices();
    inside = await startAwsJson(({ operation, body }) =>
      operation.includes("/host-time/")
        ? hostTime(body as unknown as HostLook)
        : hostOrders(body as unknown as HostMessage),
    );
    Object.assign(process.env, {
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_AUTO_SCALING: aws.url,
      AWS_ENDPOINT_URL_EC2: aws.url,
      AWS_ENDPOINT_URL_ECS: aws.url,
      AWS_ENDPOINT_URL_LAMBDA: inside.url,
      AWS_MAX_ATTEMPTS: "1",
      ECS_CLUSTER: "cluster",
      HOST_ORDERS_FUNCTION: "orders",
      HOST_NAME_PREFIX: "hosts-Test-",
      HOST_TIME_FUNCTION: "host-time",
      HOST_GROUPS: JSON.stringify([{ provider: "Test-gpu", group: "Test-gpuHosts", host: g5 }]),
      GPU_TEMPLATE: "lt-gpu",
      PLAIN_TEMPLATE: "lt-plain",
      HOST_SUBNETS: "subnet-1,subnet-2",
      POWERTOOLS_LOG_LEVEL: "SILENT",
    });
  });
  afterAll(async () => {
    await lab.close();
    await aws.close();
    await inside.close();
  });

  const newQueue = async () => {
    const json = { name: "GPU", prediction_profile: "standard", scoring_profile: "standard" };
    return (await expect<{ id: string }>(201, owner, "POST", "/api/queues/", { json })).id;
  };
  const ask = (queue: string, more: object = {}) =>
    expect<Request>(201, owner, "POST", `/api/queues/${queue}/capacity/`, { json: { ...wanted, ...more } });
  const decide = (queue: string, { id }: Request, json: object) =>
    expect<Request>(200, lab.admin, "POST", `/api/queues/${queue}/capacity/${id}/decide/`, { json });
  const found = async (queue: string) =>
    (await expect<Request[]>(200, owner, "GET", `/api/queues/${queue}/capacity/`))[0]!;
  const audited = async (queue: string) =>
    (await expect<{ results: { kind: string }[] }>(200, owner, "GET", `/api/queues/${queue}/audit/`)).results
      .map(({ kind }) => kind)
      .filter((kind) => kind.startsWith("capacity."))
      .reverse();
  const stateOf = async (queue: string) => (await found(queue)).state;
  /** Until nothing changes, which takes three minutes at most. */
  const minutes = async (count = 3) => {
    for (let i = 0; i < count; i++) await makeHosts();
  };
  const nameOf = ({ profile }: Request) => `hosts-Test-${profile}`;
  const offered = async () =>
    (await expect<{ name: string; runs_on: string }[]>(200, owner, "GET", "/api/queues/capacity_profiles/")).map(
      ({ name, runs_on }) => [name, runs_on],
    );

  it("are refused where the platform starts none, with what is missing (A-169, A-303)", async () => {
    const queue = await newQueue();
    const answer = await owner.send("POST", `/api/queues/${queue}/capacity/`, { json: wanted });
    assertRefused(answer, 400, "NO_HOSTS_HERE");
    const offered = () => expect<Record<string, unknown>>(200, owner, "GET", "/api/queues/capacity_offer/");
    assert.deepEqual((await offered())["hosts"], []);
    lab.inside.environment.HOST_OFFER = offer;
    const { hosts, ...limits } = await offered();
    assert.deepEqual(limits, { max_hosts: offer.maxHosts, approved_usd: offer.approvedUsd.toFixed(2) });
    const [host] = hosts as { instance_type: string; usd_per_hour: string; spot_usd_per_hour: string }[];
    assert.equal(host?.instance_type, "g5.xlarge");
    assert.ok(Number(host.usd_per_hour) > Number(host.spot_usd_per_hour) && Number(host.spot_usd_per_hour) > 0);
    for (const more of [{ instance_type: "p5.48xlarge" }, { hosts: 5 }])
      assertRefused(
        await owner.send("POST", `/api/queues/${queue}/capacity/`, { json: { ...wanted, ...more } }),
        400,
        "NOT_OFFERED",
      );
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("become a capacity provider when an administrator approves, with a budget that stops jobs and hosts (R-174)", async () => {
    const queue = await newQueue();
    const request = await ask(queue);
    assert.equal(request.state, "requested");
    await minutes(1);
    assert.equal(aws.groups.size, 0);
    assertRefused(
      await owner.send("POST", `/api/queues/${queue}/capacity/`, { json: wanted }),
      409,
      "REQUESTED_ALREADY",
    );
    const path = `/api/queues/${queue}/capacity/${request.id}/decide/`;
    assertRefused(await owner.send("POST", path, { json: { approved: true } }), 403, "NOT_ALLOWED");
    await decide(queue, request, { approved: true });
    await minutes();
    assert.equal(await stateOf(queue), "ready");
    const name = nameOf(request);
    const { tags, ...group } = aws.groups.get(name)!;
    assert.deepEqual(group, {
      ...{ name, max: 2, desired: 0, instanceType: "g5.xlarge", onDemandPercent: 0, hooks: ["ecs-managed-draining"] },
    });
    assert.deepEqual([tags["benchstack:queue"], tags["benchstack:request"]], [queue, request.id]);
    assert.deepEqual([aws.providers.get(name), aws.attached.at(-1)], [name, name]);
    assert.ok((await offered()).some(([profile, on]) => profile === request.profile && on === "g5.xlarge Spot"));
    const spec = { steps: [{ profile: request.profile }, { profile: "standard" }] } as unknown as JobSpec;
    assert.deepEqual(await runtimeProfilesOf(lab.inside.db, spec), {
      [request.profile]: { cpu: 4096, memoryMiB: 15_000, diskGiB: 100, gpus: 1, capacity: request.profile },
    });
    const changes = { prediction_profile: request.profile };
    await expect(200, owner, "PATCH", `/api/queues/${queue}/`, { json: changes });

    // The amount is the queue's budget. When it is spent, no host is left.
    const budget = await expect<{ monthly_usd: string }>(200, owner, "GET", `/api/queues/${queue}/budget/`);
    assert.equal(budget.monthly_usd, "50.00");
    const raise = { json: { monthly_usd: 100 } };
    assertRefused(await owner.send("PUT", `/api/queues/${queue}/budget/`, raise), 403, "BUDGET_OF_ADMINISTRATOR");
    await expect(200, lab.admin, "PUT", `/api/queues/${queue}/budget/`, { json: { monthly_usd: 0 } });
    aws.groups.get(name)!.desired = 2;
    await minutes(1);
    assert.deepEqual([aws.groups.get(name)!.max, aws.groups.get(name)!.desired], [0, 0]);
    await expect(200, lab.admin, "PUT", `/api/queues/${queue}/budget/`, { json: { monthly_usd: 60 } });
    await minutes(1);
    assert.equal(aws.groups.get(name)!.max, 2);

    // A deploy may reset the list of the cluster.
    aws.attached = ["FARGATE", "FARGATE_SPOT"];
    await minutes(1);
    assert.ok(aws.attached.includes(name));

    await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${request.id}/`);
    assert.ok(!(await offered()).some(([profile]) => profile === request.profile));
    await minutes();
    assert.equal(await stateOf(queue), "removed");
    assert.deepEqual([aws.groups.size, aws.providers.size, aws.attached], [0, 0, ["FARGATE", "FARGATE_SPOT"]]);
    assert.deepEqual(await audited(queue), ["capacity.requested", "capacity.approved", "capacity.stopped"]);
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("are made and removed though the answer of any call is lost (R-174)", async () => {
    const queue = await newQueue();
    for (const [call, isMade] of [
      ["CreateAutoScalingGroup", true],
      ["CreateCapacityProvider", true],
      ["PutClusterCapacityProviders", true],
      ["PutClusterCapacityProviders", false],
      ["UpdateAutoScalingGroup", false],
      ["DeleteCapacityProvider", false],
      ["DeleteAutoScalingGroup", false],
    ] as const) {
      const request = await ask(queue);
      await decide(queue, request, { approved: true });
      if (isMade) aws.loseAnswerOf = call;
      await minutes(4);
      assert.equal(await stateOf(queue), "ready", call);
      if (!isMade) aws.loseAnswerOf = call;
      await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${request.id}/`);
      await minutes(5);
      assert.equal(await stateOf(queue), "removed", call);
      assert.equal(aws.loseAnswerOf, null);
      assert.deepEqual([aws.groups.size, aws.providers.size, aws.attached.length], [0, 0, 2], call);
    }
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("are told of by mail: administrators of a request, its author of what became of it (R-174)", async () => {
    const { db } = lab.inside;
    await db.deleteFrom("mails").execute();
    const queue = await newQueue();
    const told = async () => {
      const rows = await db.selectFrom("mails").select(["recipients", "subject", "body"]).execute();
      await db.deleteFrom("mails").execute();
      return rows.map(({ recipients, subject, body }) => [
        recipients,
        subject.split(":")[0],
        /Too dear|my comp/.exec(body)?.[0],
      ]);
    };
    const administrators = ["operations@example.org"];
    await db.updateTable("users").set({ email: administrators[0]! }).where("is_superuser", "=", true).execute();
    const { email } = await db
      .selectFrom("users")
      .select("email")
      .where("username", "=", owner.username)
      .executeTakeFirstOrThrow();
    const author = [email];
    const refused = await ask(queue);
    assert.deepEqual(await told(), [[administrators, "Hosts are requested", "my comp"]]);
    await decide(queue, refused, { approved: false, why: "Too dear." });
    assert.deepEqual(await told(), [[author, "Hosts are refused", "Too dear"]]);
    const approved = await ask(queue);
    await decide(queue, approved, { approved: true });
    await minutes();
    assert.deepEqual((await told()).slice(1), [[author, "Hosts are ready", undefined]]);
    await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${approved.id}/`);
    await minutes();
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("need no administrator for an amount that the deployment allows, and can be refused with a reason (A-169)", async () => {
    const queue = await newQueue();
    const small = await ask(queue, { monthly_usd: 20 });
    assert.deepEqual([small.state, small.decided_by], ["approved", null]);
    await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${small.id}/`);
    await minutes();
    const large = await ask(queue);
    await decide(queue, large, { approved: false, why: "Too dear." });
    const { state, problem } = await found(queue);
    assert.deepEqual([state, problem], ["refused", "Too dear."]);
    assert.ok((await audited(queue)).includes("capacity.refused"));
    const taken = await ask(queue);
    await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${taken.id}/`);
    assert.equal(await stateOf(queue), "removed");
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("fail with what AWS said after too many tries, and can be approved again (R-174)", async () => {
    const queue = await newQueue();
    const request = await ask(queue);
    await decide(queue, request, { approved: true });
    for (let i = 0; i < 15; i++) {
      aws.loseAnswerOf = "DescribeClusters";
      await makeHosts();
    }
    const failed = await found(queue);
    assert.equal(failed.state, "failed");
    assert.match(failed.problem!, /lost/);
    await decide(queue, request, { approved: true });
    await minutes();
    assert.equal(await stateOf(queue), "ready");
    await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${request.id}/`);
    await minutes();
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("are removed when no job has used them for a month, and when their queue is deleted (R-174)", async () => {
    const { db } = lab.inside;
    const queue = await newQueue();
    const request = await ask(queue);
    await decide(queue, request, { approved: true });
    await minutes();
    await stopUnusedCapacity(lab.inside);
    assert.equal(await stateOf(queue), "ready");
    await db
      .updateTable("capacity_requests")
      .set({ changed_when: "2020-01-01" })
      .where("id", "=", request.id)
      .execute();
    await stopUnusedCapacity(lab.inside);
    await minutes();
    assert.equal(await stateOf(queue), "removed");
    await decide(queue, await ask(queue), { approved: true });
    await minutes();
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
    await stopUnusedCapacity(lab.inside);
    await minutes();
    assert.equal(aws.groups.size, 0);
  });

  it("cost their queue what no step is billed for, and other hosts cost the queue that used them last (R-178, R-179)", async () => {
    const { db } = lab.inside;
    const queue = await newQueue();
    const request = await ask(queue);
    await decide(queue, request, { approved: true });
    await minutes();
    const minutesAgo = (count: number) => new Date(Date.now() - count * 60_000);
    aws.hosts = [
      { id: "i-1", group: "Test-gpuHosts", launched: minutesAgo(10) },
      { id: "i-2", group: nameOf(request), launched: minutesAgo(20) },
      { id: "i-3", group: "hosts-Other-1", launched: minutesAgo(20) },
    ];
    const spentOf = async (scope: "platform" | "queue", key = "") => {
      const row = await db
        .selectFrom("spending")
        .select(["microusd", "hosts_microusd"])
        .where("scope", "=", scope)
        .where("key", "=", key)
        .executeTakeFirst();
      return { all: Number(row?.microusd ?? 0), hosts: Number(row?.hosts_microusd ?? 0) };
    };
    /** For how long hosts were counted since their launch. */
    const counted = async (...ids: string[]) => {
      const rows = await db.selectFrom("hosts").selectAll().where("id", "in", ids).execute();
      const launched = (id: string) => aws.hosts.find((host) => host.id === id)!.launched.getTime();
      return rows.reduce((sum, { id, counted_until }) => sum + counted_until.getTime() - launched(id), 0) / 1000;
    };
    const assertCosts = (micros: number, seconds: number, host: Host) => {
      const expected = (priceOfHost(host, "us-east-1")!.microsPerHour * seconds) / 3600;
      // Each look rounds.
      assert.ok(Math.abs(micros - expected) < 10, `${micros} and not ${expected}`);
    };

    // Nobody has used the host of the deployment, so it costs the platform. Looks that are lost or repeated change nothing.
    aws.loseAnswerOf = "DescribeInstances";
    await assert.rejects(lookAtHosts());
    for (let look = 0; look < 3; look++) await lookAtHosts();
    const ofQueue = await spentOf("queue", queue);
    assertCosts(ofQueue.hosts, await counted("i-2"), { ...g5, spot: true });
    const ofPlatform = await spentOf("platform");
    assertCosts(ofPlatform.hosts - ofQueue.hosts, await counted("i-1"), g5);
    assert.deepEqual(await db.selectFrom("hosts").select("id").orderBy("id").execute(), [{ id: "i-1" }, { id: "i-2" }]);
    const shown = await expect<{ spent_usd: string; hosts_usd: string; state: string }>(
      200,
      owner,
      "GET",
      `/api/queues/${queue}/budget/`,
    );
    const usd = (ofQueue.hosts / 1e6).toFixed(2);
    assert.notEqual(usd, "0.00");
    assert.deepEqual([shown.spent_usd, shown.hosts_usd], [usd, usd]);

    // A step that runs holds the time of its host. It is billed when the step ends, and the rest costs the step's queue.
    const participant = await lab.newPerson();
    const competition = await lab.competition({}, participant);
    await submit(participant, phaseOf(competition), Buffer.from("x"));
    const manifest = (await lab.claim())!;
    const capacityProviderStrategy = [{ capacityProvider: "Test-gpu" }];
    const step = manifest.job.steps[0]!.name;
    await db.updateTable("attempts").set({ outlives_worker: true }).where("id", "=", manifest.attempt.id).execute();
    await keepLaunch(db, manifest.attempt.id, {
      step,
      number: 1,
      request: { capacityProviderStrategy },
      taskArn: null,
    });
    await db
      .updateTable("launches")
      .set({ created_when: new Date(Date.now() - 86_400_000) })
      .where("attempt_id", "=", manifest.attempt.id)
      .execute();
    const before = await spentOf("platform");
    const firstHost = await counted("i-1");
    const requestedBefore = (await spentOf("queue", queue)).hosts;
    aws.hosts.push({ id: "i-4", group: "Test-gpuHosts", launched: minutesAgo(15) });
    await lookAtHosts();
    const requestedLater = (await spentOf("queue", queue)).hosts;
    assert.equal((await spentOf("platform")).hosts - before.hosts, requestedLater - requestedBefore);
    await lab.finish(manifest, { scores: { accuracy: 1 } });
    await lookAtHosts();
    const { cost_lines } = await db
      .selectFrom("attempts")
      .select("cost_lines")
      .where("id", "=", manifest.attempt.id)
      .executeTakeFirstOrThrow();
    const billed = cost_lines!.find((line) => line.step === step)!.seconds;
    const { queue_id } = await db
      .selectFrom("jobs")
      .select("queue_id")
      .where("attempt_id", "=", manifest.attempt.id)
      .executeTakeFirstOrThrow();
    const ofStepsQueue = await spentOf("queue", queue_id);
    assertCosts(ofStepsQueue.hosts, (await counted("i-1", "i-4")) - firstHost - billed, g5);
    assert.ok(ofStepsQueue.all > ofStepsQueue.hosts);

    aws.hosts = [];
    await expect(204, owner, "DELETE", `/api/queues/${queue}/capacity/${request.id}/`);
    await minutes();
    await expect(204, owner, "DELETE", `/api/queues/${queue}/`);
  });

  it("are removed by name when the stack is deleted, and no others", async () => {
    const queue = await newQueue();
    const request = await ask(queue);
    await decide(queue, request, { approved: true });
    await minutes();
    const other = { ...aws.groups.get(nameOf(request))!, name: "Test-ComputeCapacityt4" };
    aws.groups.set(other.name, other);
    assert.deepEqual(await groupNames("hosts-Test-"), [nameOf(request)]);
    while (!(await removeOne(nameOf(request), "cluster")));
    assert.deepEqual([...aws.groups.keys()], [other.name]);
  });
});
