import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { BatchClient } from "@aws-sdk/client-batch";
import { JobDefinitions } from "../../../worker-image/launchers/batch/definitions.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { jobQueues } from "../../support/batch/server.ts";
import type { TestJob } from "../../support/batch/server.ts";
import { waitFor } from "../../support/wait.ts";
import { assertSucceeded } from "./assert-report.ts";
import { EcsLab } from "./ecs-lab.ts";
import { containerOf, python, results, stepOf, trivialScoring } from "./lab.ts";
import type { TestSubmission } from "./lab.ts";
import { ecsAttempt } from "./ecs-own-attempt.ts";
import type { EcsAttempt, EcsAttemptOptions } from "./ecs-own-attempt.ts";

const patienceMs = 120_000;
const size = { cpu: 1024, memoryMiB: 2048, diskGiB: 21, gpus: 0 };
const profiles = { standard: { ...size, capacity: jobQueues.fargate } };
const scored: TestSubmission = { submission: results, scoring: trivialScoring };
const slow: TestSubmission = {
  submission: results,
  scoring: python("print('begin', flush=True)\nimport time\ntime.sleep(1000)"),
  timeLimitSeconds: 1000,
};

describe("steps run as jobs of AWS Batch", () => {
  let ecs: EcsLab;
  let lines: string[] = [];
  beforeAll(async () => {
    ecs = await EcsLab.start();
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.batch.refused, []);
    assert.deepEqual(
      ecs.ecs.calls.filter((call) => call === "RunTask"),
      [],
    );
  });

  const run = (test: TestSubmission, options: Omit<EcsAttemptOptions, "log"> = {}): Promise<EcsAttempt> => {
    lines = [];
    return ecsAttempt(ecs, test, { profiles, ...options, log: jsonLog((line) => lines.push(line)) });
  };
  const jobsOf = ({ seen }: EcsAttempt, step: string): TestJob[] =>
    ecs.batch.jobs.filter(({ request }) => request.jobName?.startsWith(`Test_${seen.id}_${step}_`));
  const running = async (attempt: EcsAttempt, launch = 1): Promise<TestJob> => {
    const job = await waitFor(`job ${launch}`, () => jobsOf(attempt, "scoring")[launch - 1], patienceMs);
    await waitFor("the program to run", () => job.task?.members.get("program")?.status === "RUNNING", patienceMs);
    return job;
  };

  it("keep the entry point, user and folder of an image, share the memory, and have no capability (R-186)", async () => {
    const image = await ecs.registry.build(
      'FROM benchstack-test-python:latest\nENV GREETING=hello\nENTRYPOINT ["python3", "-u"]\n',
      "entry:1",
    );
    const look = [
      "import json, os",
      "ours = [name for name in os.environ if name.startswith(('AWS_', 'ECS_', 'BENCHSTACK_'))]",
      "bounding = [line.split()[1] for line in open('/proc/self/status') if line.startswith(('CapBnd', 'CapEff'))]",
      "limit = [open(path).read().strip() for path in ('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes') if os.path.exists(path)]",
      "json.dump([os.getcwd(), os.environ['GREETING'], ours, bounding, limit], open('/app/output/scores.json', 'w'))",
    ].join("\n");
    const attempt = await run({
      image,
      submission: { metadata: "command: main.py", "main.py": "open('/app/output/answer', 'w').write('1')" },
      ingestion: { metadata: "command: main.py", "main.py": "print('ingested')" },
      scoring: { metadata: "command: main.py a", "main.py": look },
      limits: { memoryBytes: 4e9 },
    });
    const report = (await attempt.report)!;
    assertSucceeded({ job: attempt.job, attempt: attempt.seen, report });
    for (const name of ["program", "ingestion"])
      assert.equal(containerOf(report, "prediction", name).exitCode, 0, lines.join(""));
    const seen = JSON.parse(await ecs.lab.text(attempt.seen, "scoring/scores.json")) as unknown;
    const none = "0000000000000000";
    assert.deepEqual(seen, ["/app/program", "hello", [], [none, none], [String((2048 - 128 - 256) * 1024 ** 2)]]);
    const [job] = jobsOf(attempt, "prediction");
    const { definition } = ecs.batch.definitions.get(job!.request.jobDefinition!)!;
    const [task] = definition.ecsProperties!.taskProperties!;
    assert.equal(task!.taskRoleArn, undefined);
    assert.equal(stepOf(report, "prediction").name, "prediction");
  });

  it("are submitted once, whatever becomes of the answer, and again when AWS Batch is busy (R-186)", async () => {
    ecs.batch.script.push({ error: "TooManyRequestsException", status: 429 }, "lose the answer");
    const attempt = await run(scored);
    assert.equal((await attempt.report)?.outcome, "succeeded", lines.join(""));
    assert.equal(jobsOf(attempt, "prediction").length, 1);
    const [launch] = attempt.seen.launches;
    assert.deepEqual(launch?.request, JSON.parse(JSON.stringify(jobsOf(attempt, "prediction")[0]!.request)));
    assert.equal(launch?.taskArn, jobsOf(attempt, "prediction")[0]!.id);
  });

  it("say what they wait for while they are RUNNABLE, and keep their place (R-187)", async () => {
    ecs.batch.script.push({ waitsFor: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - …" });
    // It has no time to start while it has no host, and enough once it has one.
    let looks = 0;
    let goesOn = false;
    const start = {
      get fargate() {
        return looks++ === 0 || goesOn ? patienceMs : 0;
      },
      ec2: 0,
    };
    const attempt = await run(scored, { patience: { start } });
    const waiting = "waiting for capacity: a place in the job queue, whose compute environments are at their maximum";
    await waitFor("what it waits for", () => attempt.waiting().includes(waiting), patienceMs);
    const [job] = jobsOf(attempt, "prediction");
    goesOn = true;
    job!.statusReason = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - …";
    const lacking = "waiting for capacity: hosts, which AWS does not have at the moment";
    await waitFor("what it waits for then", () => attempt.waiting().includes(lacking), patienceMs);
    job!.find();
    assert.equal((await attempt.report)?.outcome, "succeeded", lines.join(""));
    assert.equal(jobsOf(attempt, "prediction").length, 1);
  });

  it("end with NO_CAPACITY when they are RUNNABLE for ever, and are terminated (R-187)", async () => {
    ecs.batch.script.push({ waitsFor: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …" });
    const attempt = await run(scored, { patience: { capacity: 1000 } });
    const { code, message } = (await attempt.report)!.failure!;
    assert.equal(code, "NO_CAPACITY");
    assert.match(message, /missing: a compute environment of the job queue that is large enough/);
    assert.deepEqual(
      jobsOf(attempt, "prediction").map(({ status, isTerminated }) => [status, isTerminated]),
      [["FAILED", true]],
    );
  });

  it("wait for capacity when their job queue cancels them for want of a host (R-187)", async () => {
    ecs.batch.script.push({ waitsFor: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY" });
    const attempt = await run(scored, { patience: { capacityPause: { first: 20, longest: 40 } } });
    const job = await waitFor("the job", () => jobsOf(attempt, "prediction")[0], patienceMs);
    job.end("Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY");
    assert.equal((await attempt.report)?.outcome, "succeeded", lines.join(""));
    assert.equal(jobsOf(attempt, "prediction").length, 2);
  });

  it("whose host is terminated run again without a lost try, and are terminated when their run is cancelled (R-188)", async () => {
    const cpu = { ...size, cpu: 4096, memoryMiB: 2048 };
    const attempt = await run(slow, { profiles: { standard: { ...cpu, capacity: jobQueues.ec2 } } });
    const first = await running(attempt);
    await first.task!.kill("", "Host EC2 (instance i-0abc) terminated.");
    await running(attempt, 2);
    attempt.seen.cancelled = true;
    attempt.interrupt("cancelled");
    assert.equal((await attempt.report)?.outcome, "cancelled", lines.join(""));
    assert.ok(attempt.waiting().includes("AWS took the capacity back, starting again"));
    assert.equal(ecs.batch.jobs.at(-1)!.isTerminated, true);
  });

  it("leave definitions that are used in their month only, and removed when the next one has passed (R-186)", async () => {
    const definitions = new JobDefinitions(new BatchClient({}), "Test");
    const states = () => [...new Set([...ecs.batch.definitions.values()].map(({ status }) => status))];
    const monthsOn = (months: number) => {
      const now = new Date();
      return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
    };
    assert.equal(await definitions.removeUnused(monthsOn(1)), 0);
    assert.deepEqual(states(), ["ACTIVE"]);
    const count = ecs.batch.definitions.size;
    assert.equal(await new JobDefinitions(new BatchClient({}), "Other").removeUnused(monthsOn(2)), 0);
    assert.equal(await definitions.removeUnused(monthsOn(2)), count);
    assert.deepEqual(states(), ["INACTIVE"]);
    ecs.batch.definitions.clear();
  });

  it("that a worker left go on, and are terminated by the next one when their attempt is over (R-188)", async () => {
    const attempt = await run(slow);
    const job = await running(attempt);
    attempt.interrupt("released");
    assert.equal((await attempt.report)?.outcome, "released");
    assert.equal(job.status, "RUNNING");
    attempt.job.ready = false;
    attempt.seen.report = { outcome: "cancelled", failure: null, steps: [] };
    await ecs.worker(1, profiles);
    assert.deepEqual([job.isTerminated, job.task?.stoppedReason], [true, "its attempt is over"]);
    await job.task!.ended;
  });
});
