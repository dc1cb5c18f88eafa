import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { RunningTask } from "../support/ecs/task.ts";
import { waitFor } from "../support/wait.ts";
import { EcsLab, standardProfiles } from "../integration/worker/ecs-lab.ts";
import { python, results, trivialScoring } from "../integration/worker/lab.ts";
import type { SeenJob } from "../integration/worker/stand-in.ts";

const patienceMs = 100_000;
const slow = python("print('begin', flush=True)\nimport time\ntime.sleep(100)");
const profiles = { standard: { ...standardProfiles.standard!, capacity: "FARGATE_SPOT", fallback: "FARGATE" } };

describe("what goes wrong with tasks of a cluster", () => {
  let ecs: EcsLab;
  beforeAll(async () => {
    ecs = await EcsLab.start();
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  const submit = (scoring: Parameters<typeof ecs.lab.submit>[0]["scoring"]): Promise<SeenJob> =>
    ecs.lab.submit({ image: ecs.image, submission: results, scoring });
  const tasksOf = (job: SeenJob, step?: string): RunningTask[] =>
    ecs.ecs.tasks.filter(({ request: { startedBy = "" } }) =>
      job.attempts.some(({ id }) => startedBy.startsWith(`${id}/${step ?? ""}`)),
    );
  const provider = ({ request }: RunningTask) => request.capacityProviderStrategy?.[0]?.capacityProvider;
  const isRunning = (job: SeenJob, step: string) => () =>
    job.attempts.at(-1)?.progress.some((made) => made.step === step && made.stage === "running");

  it("lacking capacity shows to the participant and the fallback is tried at once; throttling and lost answers start nothing twice", async () => {
    const worker = await ecs.worker(2, profiles);
    ecs.ecs.script.push(
      { failure: "Capacity is unavailable at this time. Please try again later or in a different availability zone" },
      { error: "ThrottlingException", status: 400 },
      "lose the answer",
    );
    const job = await submit(trivialScoring);
    assert.equal((await ecs.lab.report(job, patienceMs)).outcome, "succeeded");
    assert.deepEqual(job.attempts[0]?.waiting, ["importing image", "waiting for capacity: capacity"]);
    assert.deepEqual(tasksOf(job).map(provider), ["FARGATE", "FARGATE_SPOT"]);
    const { launches } = job.attempts[0];
    assert.deepEqual(
      launches.map(({ step, number }) => [step, number]),
      [
        ["prediction", 1],
        ["prediction", 2],
        ["scoring", 1],
      ],
    );
    for (const { step, request, taskArn } of launches.slice(1)) {
      assert.deepEqual(request, JSON.parse(JSON.stringify(tasksOf(job, step)[0]?.request)));
      assert.match(taskArn ?? "", /^arn:aws:ecs:/);
    }
    await worker.end("SIGTERM");
  });

  it("a machine that cannot start the container of a program is not the program's fault: the step starts again (R-130)", async () => {
    const worker = await ecs.worker(2, profiles);
    ecs.ecs.script.push({}, { startFault: "write /var/lib/docker/overlay2/x/link: no space left on device" });
    const job = await submit(trivialScoring);
    const report = await ecs.lab.report(job, patienceMs);
    assert.equal(report.outcome, "succeeded", report.failure?.message);
    assert.equal(tasksOf(job, "scoring").length, 2);
    assert.equal(job.attempts.length, 1);
    await worker.end("SIGTERM");
  });

  it("capacity that is taken back twice makes the step go to the fallback", async () => {
    const worker = await ecs.worker(2, profiles);
    const job = await submit(slow);
    for (const launch of [1, 2]) {
      const task = await waitFor(`launch ${launch}`, () => tasksOf(job, "scoring")[launch - 1], 60_000);
      await waitFor("the program to run", () => task.members.get("program")?.status === "RUNNING", 60_000);
      await task.kill("SpotInterruption", "Your Spot Task was interrupted.");
    }
    const last = await waitFor("the third launch", () => tasksOf(job, "scoring")[2], 60_000);
    assert.deepEqual(tasksOf(job, "scoring").map(provider), ["FARGATE_SPOT", "FARGATE_SPOT", "FARGATE"]);
    job.attempts[0]!.cancelled = true;
    assert.equal((await ecs.lab.report(job, patienceMs)).outcome, "cancelled");
    await last.ended;
    await worker.end("SIGTERM");
  });

  it("a worker that is told to stop leaves its task to the next one, which adopts it", async () => {
    const first = await ecs.worker(1);
    const job = await submit(
      python("print('begin', flush=True)\nimport time\ntime.sleep(8)\nopen('/app/output/scores.json','w').write('{}')"),
    );
    await waitFor("the program to run", isRunning(job, "scoring"), 60_000);
    assert.equal(await first.end("SIGTERM"), 0);
    const [task] = tasksOf(job, "scoring");
    assert.equal(task?.stopCode, null);
    await ecs.worker(3);
    const report = await waitFor(
      "the report",
      () => job.attempts[0]?.report?.outcome === "succeeded" && job.attempts[0].report,
      patienceMs,
    );
    assert.equal(report.steps.length, 2);
    assert.equal(job.attempts.length, 1);
    assert.equal(tasksOf(job).length, 2);
  });

  describe("while a task runs", () => {
    it.concurrent("a cancelled attempt's task is stopped, and its log is kept", async () => {
      const job = await submit(slow);
      await waitFor("the program to run", isRunning(job, "scoring"), 60_000);
      const [attempt] = job.attempts;
      attempt!.cancelled = true;
      const report = await ecs.lab.report(job, patienceMs);
      assert.equal(report.outcome, "cancelled");
      const [task] = tasksOf(job, "scoring");
      await task?.ended;
      assert.equal(task?.stopCode, "UserInitiated");
      assert.equal(await ecs.lab.text(attempt!, "scoring/program.stdout.log"), "begin\n");
    });

    it.concurrent("a superseded attempt's task is stopped, and nothing more is reported", async () => {
      const job = await submit(slow);
      await waitFor("the program to run", isRunning(job, "scoring"), 60_000);
      job.attempts[0]!.superseded = true;
      await waitFor("the task to be stopped", () => tasksOf(job, "scoring")[0]?.stopCode === "UserInitiated", 60_000);
      await tasksOf(job, "scoring")[0]?.ended;
      assert.equal(job.attempts[0]?.report, null);
    });

    it.concurrent("a supervisor that dies costs a launch, not the attempt", async () => {
      const job = await submit(python("import time\ntime.sleep(4)\nopen('/app/output/scores.json','w').write('{}')"));
      const task = await waitFor("the task", () => tasksOf(job, "scoring")[0], 60_000);
      await waitFor("the program to run", isRunning(job, "scoring"), 60_000);
      await task.members.get("supervise")?.container?.kill({ signal: "SIGKILL" });
      assert.equal((await ecs.lab.report(job, patienceMs)).outcome, "succeeded");
      assert.equal(tasksOf(job, "scoring").length, 2);
      assert.equal(job.attempts.length, 1);
    });
  });

  it("tasks of attempts that are nobody's are stopped when a worker starts", async () => {
    const job = await submit(trivialScoring);
    await ecs.lab.report(job, patienceMs);
    const { ECSClient, RunTaskCommand } = await import("@aws-sdk/client-ecs");
    const client = new ECSClient({
      endpoint: ecs.ecs.url,
      region: "us-east-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    const request = structuredClone(tasksOf(job)[0]!.request);
    const name = `${randomUUID()}/scoring/1`;
    // Else it may be over before the worker has started.
    ecs.ecs.script.push({ heldAt: "PENDING" });
    await client.send(new RunTaskCommand({ ...request, startedBy: name, clientToken: name }));
    await ecs.worker(1);
    const orphan = ecs.ecs.tasks.find((task) => task.request.startedBy === name);
    assert.equal(orphan?.stopCode, "UserInitiated");
    await orphan.ended;
  });
});
