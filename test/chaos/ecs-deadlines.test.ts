import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { jsonLog } from "../../worker-image/log.ts";
import { waitFor } from "../support/wait.ts";
import { EcsLab, standardProfiles } from "../integration/worker/ecs-lab.ts";
import { python, results, trivialScoring } from "../integration/worker/lab.ts";
import type { TestSubmission } from "../integration/worker/lab.ts";
import { ecsAttempt } from "../integration/worker/ecs-own-attempt.ts";
import type { EcsAttempt, EcsAttemptOptions } from "../integration/worker/ecs-own-attempt.ts";

const start = { fargate: 300, ec2: 300 };
const capacityPause = { first: 20, longest: 40 };
const gpu = { standard: { ...standardProfiles.standard!, gpus: 1, capacity: "gpu-hosts" } };
const scored: TestSubmission = { submission: results, scoring: trivialScoring };
const slow: TestSubmission = {
  submission: results,
  scoring: python("print('begin', flush=True)\nimport time\ntime.sleep(1000)"),
  timeLimitSeconds: 1,
};
const taskPatienceMs = 60_000;

describe("steps as tasks, when something takes too long", () => {
  let ecs: EcsLab;
  let lines: string[] = [];
  beforeAll(async () => {
    ecs = await EcsLab.start();
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  const run = (test: TestSubmission, options: Omit<EcsAttemptOptions, "log">): Promise<EcsAttempt> => {
    lines = [];
    return ecsAttempt(ecs, test, { ...options, log: jsonLog((line) => lines.push(line)) });
  };
  const failureOf = async ({ report }: EcsAttempt) => (await report)?.failure ?? null;
  const isRunning =
    ({ progress }: EcsAttempt, step: string) =>
    () =>
      progress.some((made) => made.step === step && made.stage === "running" && made.waiting === undefined);

  it("a task that does not start is stopped and started again, which its owner sees", async () => {
    ecs.ecs.script.push({ heldAt: "PENDING" }, { heldAt: "PENDING" });
    const before = ecs.ecs.tasks.length;
    // However slow this machine is, it starts a task that nobody holds.
    const untilHeld = {
      get fargate() {
        return ecs.ecs.tasks.length - before > 2 ? taskPatienceMs : start.fargate;
      },
      ec2: 0,
    };
    const attempt = await run(scored, { patience: { start: untilHeld } });
    assert.equal((await attempt.report)?.outcome, "succeeded", lines.join(""));
    assert.deepEqual(attempt.waiting(), ["starting again (2 of 3)", "starting again (3 of 3)"]);
    assert.equal(attempt.progress.at(-1)?.waiting, undefined);
    const stopped = attempt.tasks("prediction").map(({ stopCode, stoppedReason }) => [stopCode, stoppedReason]);
    assert.deepEqual(
      stopped.slice(0, 2),
      Array.from({ length: 2 }, () => ["UserInitiated", "the ECS task did not start in time"]),
    );
  });

  it("three tasks that do not start fail the attempt, by nobody's fault but the platform's", async () => {
    ecs.ecs.script.push({ heldAt: "PENDING" }, { heldAt: "PENDING" }, { heldAt: "PENDING" });
    const attempt = await run(scored, { patience: { start } });
    const failure = await failureOf(attempt);
    assert.equal(failure?.code, "WORKER_ERROR");
    assert.equal(failure.message, "The ECS task did not start: it was not ready in time. This happened 3 times.");
    assert.deepEqual(
      attempt.tasks("prediction").map(({ status }) => status),
      ["STOPPED", "STOPPED", "STOPPED"],
    );
  });

  it("a task for which no host is found waits for capacity, which counts as no try at starting it", async () => {
    ecs.ecs.script.push(...Array.from({ length: 4 }, () => ({ heldAt: "PROVISIONING" as const })));
    const attempt = await run(scored, { patience: { start, capacityPause, capacity: 60_000 }, profiles: gpu });
    await waitFor("the fifth task", () => attempt.tasks("prediction")[4], taskPatienceMs);
    assert.deepEqual(
      attempt.waiting().slice(0, 8),
      Array.from({ length: 4 }, () => ["waiting for a host: one is starting", "waiting for capacity: GPU"]).flat(),
    );
    attempt.interrupt("cancelled");
    assert.equal((await attempt.report)?.outcome, "cancelled");
  });

  it("a capacity provider at which one step found no host is left alone by the next ones, which use the fallback (R-163)", async () => {
    const profiles = { standard: { ...standardProfiles.standard!, capacity: "spot-hosts", fallback: "hosts" } };
    const providers = ({ tasks }: EcsAttempt) =>
      tasks("prediction").map(({ request }) => request.capacityProviderStrategy?.[0]?.capacityProvider);
    const options = {
      patience: {
        // However slow this machine is, it starts a task that nobody holds.
        start: {
          fargate: 0,
          get ec2() {
            return ecs.ecs.script.length === 0 && ecs.ecs.tasks.at(-1)?.status === "PROVISIONING"
              ? 300
              : taskPatienceMs;
          },
        },
        capacityPause,
      },
      profiles,
    };
    ecs.ecs.script.push({ heldAt: "PROVISIONING" });
    const first = await run(scored, options);
    assert.equal((await first.report)?.outcome, "succeeded", lines.join(""));
    assert.deepEqual(providers(first), ["spot-hosts", "hosts"]);
    assert.deepEqual([...ecs.lab.api.lacking], [["spot-hosts", "hosts"]]);
    const next = await run(scored, options);
    assert.equal((await next.report)?.outcome, "succeeded", lines.join(""));
    assert.deepEqual(providers(next), ["hosts"]);
    ecs.lab.api.lacking.clear();
  });

  it("capacity that is refused again and again is asked for with ever more patience, until it is there", async () => {
    ecs.ecs.script.push(...Array.from({ length: 5 }, () => ({ failure: "RESOURCE:MEMORY" })));
    const attempt = await run(scored, { patience: { capacityPause } });
    assert.equal((await attempt.report)?.outcome, "succeeded", lines.join(""));
    assert.deepEqual(
      attempt.waiting(),
      Array.from({ length: 5 }, () => "waiting for capacity: memory"),
    );
    assert.equal(attempt.tasks("prediction").length, 1);
    assert.deepEqual(
      attempt.seen.launches.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 1],
    );
  });

  it("capacity that never comes fails the attempt after a time, and tells the organizer what to do", async () => {
    ecs.ecs.script.push(...Array.from({ length: 1_000 }, () => ({ failure: "RESOURCE:GPU" })));
    const attempt = await run(scored, { patience: { capacityPause, capacity: 300 }, profiles: gpu });
    const failure = await failureOf(attempt);
    ecs.ecs.script.length = 0;
    assert.equal(failure?.code, "NO_CAPACITY");
    assert.match(
      failure.message,
      /^The capacity profile "standard" had no capacity for this step for .* \(missing: GPU\)\. Choose another profile for the queue, or ask/,
    );
    assert.deepEqual(attempt.tasks("prediction"), []);
  });

  it("a task whose supervisor neither ends it nor itself is stopped by the worker", async () => {
    const attempt = await run(slow, { patience: { end: 2_000 } });
    await waitFor("the program to run", isRunning(attempt, "scoring"), taskPatienceMs);
    const [task] = attempt.tasks("scoring");
    await task?.members.get("supervise")?.container?.pause();
    const failure = await failureOf(attempt);
    assert.equal(failure?.code, "TIME_LIMIT");
    assert.equal(failure.step, "scoring");
    assert.deepEqual(
      [task?.stopCode, task?.stoppedReason],
      ["UserInitiated", "the ECS task is long past its time limit"],
    );
    await task?.kill("UserInitiated", "");
    await task?.ended;
  });

  it("a step that outlives its signatures gets new ones, and so does its second task", async () => {
    // Long enough for a busy machine to start a task and fetch its data.
    ecs.lab.signing.seconds = 20;
    const source =
      "import time\nprint('begin', flush=True)\ntime.sleep(24)\nprint('end')\nopen('/app/output/scores.json','w').write('{}')";
    const attempt = await run({ ...scored, scoring: python(source), timeLimitSeconds: 90 }, { renewalMs: 2_000 });
    const order = () =>
      String(attempt.tasks("scoring")[0]?.request.overrides?.containerOverrides?.[0]?.environment?.[0]?.value);
    await waitFor("the program to run", isRunning(attempt, "scoring"), taskPatienceMs);
    await waitFor("the first signatures to end", async () => (await fetch(order())).status === 403, taskPatienceMs);
    await attempt.tasks("scoring")[0]?.kill("SpotInterruption", "Your Spot Task was interrupted.");
    assert.deepEqual(await failureOf(attempt), null, lines.join(""));
    assert.deepEqual(attempt.waiting(), ["AWS took the capacity back, starting again"]);
    assert.equal(attempt.tasks("scoring").length, 2);
    assert.equal(await ecs.lab.text(attempt.seen, "scoring/program.stdout.log"), "begin\nend\n");
    assert.equal(await ecs.lab.text(attempt.seen, "scoring/scores.json"), "{}");
  });
});
