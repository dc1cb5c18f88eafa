/** Ends runs without a worker, for tests of how a submission looks: below the API, in the database and the store. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import {
  artifacts,
  type AttemptReport,
  type ContainerName,
  type StepName,
  type StreamName,
} from "../../../contract/job.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";

/** How a run ended. */
export interface RunEnd {
  /** By `STEP CONTAINER STREAM`. */
  logs: Partial<Record<`${StepName} ${ContainerName} ${StreamName}`, string>>;
  /** By the keys of columns. */
  scores?: Record<string, number>;
  failure?: { container: ContainerName; step: StepName; exitCode: number; message: string };
  /** Its detailed results. */
  details?: string;
}

/** When stages began, before the end. */
const stages = [
  ["prediction preparing", 4.4],
  ["prediction running", 4],
  ["prediction done", 0.6],
  ["scoring preparing", 0.5],
  ["scoring running", 0.4],
] as const;

/** Ends the run of a submission to one task, or of a part of one to several. */
export async function endRun({ db, objects }: Context, submission: number, end: RunEnd): Promise<void> {
  const { logs, scores = {}, failure, details } = end;
  const attempt = randomUUID();
  const put = (name: string, text: string) =>
    objects.put({ bucket: "jobs", key: artifacts.prefix(attempt) + name }, Buffer.from(text));
  const bytesOf = (step: StepName, container: ContainerName, stream: StreamName) =>
    Buffer.byteLength(logs[`${step} ${container} ${stream}`] ?? "");
  for (const [name, text] of Object.entries(logs as Record<string, string>)) {
    const [step, container, stream] = name.split(" ") as [StepName, ContainerName, StreamName];
    await put(artifacts.log(step, container, stream), text);
  }
  if (details !== undefined) await put(artifacts.collected("scoring", "detailed_results.html"), details);
  const stepReport = (name: StepName): AttemptReport["steps"][number] => ({
    name,
    containers: (["ingestion", "program"] as const)
      .filter((container) => bytesOf(name, container, "stdout") + bytesOf(name, container, "stderr") > 0)
      .map((container) => ({
        name: container,
        ran: true,
        exitCode: failure?.container === container && failure.step === name ? failure.exitCode : 0,
        outOfMemory: false,
        elapsedSeconds: 3,
        logs: {
          stdout: { bytes: bytesOf(name, container, "stdout"), truncated: false },
          stderr: { bytes: bytesOf(name, container, "stderr"), truncated: false },
        },
      })),
    usage: {
      wallSeconds: 3.8,
      cpuSeconds: 0.2,
      peakMemoryBytes: 7_300_000,
      downloadedBytes: 1,
      uploadedBytes: 1,
      preparingSeconds: 0.4,
    },
    outputBytes: failure ? null : 1000,
    collected: name === "scoring" && details !== undefined ? ["detailed_results.html"] : [],
    md5: {},
  });
  const failed = failure && { code: "PROGRAM_EXIT" as const, message: failure.message, step: failure.step };
  const report: AttemptReport = {
    outcome: failed ? "failed" : "succeeded",
    failure: failed ?? null,
    steps: [stepReport("prediction"), stepReport("scoring")],
  };
  const ended = new Date();
  const before = (seconds: number) => new Date(ended.getTime() - seconds * 1000);
  const times = Object.fromEntries(stages.map(([stage, seconds]) => [stage, before(seconds).toISOString()]));
  const price = { on: "Fargate, 1 vCPU, 2 GB", seconds: 60, price: null, micros: 100 };
  await sql`
    with run as (
      update submissions set status = ${failure ? "Failed" : "Finished"}, status_details = ${failure?.message ?? ""},
        failure_code = ${failed?.code ?? null}, started_when = ${before(4.4)}, finished_when = ${ended},
        md5 = 'cf5306230892cf5306230892cf530623', created_when = ${before(5)}
      where id = ${submission} returning job_id, parent_id
    ), job as (
      update jobs set state = ${failure ? "failed" : "succeeded"}, attempt_number = 1, finished_when = ${ended},
        failure = ${failed ? JSON.stringify(failed) : null}::jsonb
      from run where jobs.id = run.job_id returning jobs.id
    )
    insert into attempts (id, job_id, number, worker_id, worker_instance, host, launcher, stages, report, outcome,
      failure, cost_microusd, cost_lines, paid_by, started_when, ended_when)
    select ${attempt}, id, 1, 'worker', 'worker', 'host-1', 'docker', ${JSON.stringify(times)}::jsonb, ${JSON.stringify(report)}::jsonb,
      ${report.outcome}, ${failed ? JSON.stringify(failed) : null}::jsonb, 100,
      ${JSON.stringify([{ step: "prediction", ...price }])}::jsonb, 'platform', ${before(4.4)}, ${ended}
    from job`.execute(db);
  for (const [key, score] of Object.entries(scores))
    await sql`
      insert into submission_scores (submission_id, column_id, score)
      select s.id, c.id, ${score.toFixed(10)} from submissions s
      join phases p on p.id = s.phase_id
      join leaderboards l on l.competition_id = p.competition_id
      join leaderboard_columns c on c.leaderboard_id = l.id
      where s.id = ${submission} and c.key = ${key}`.execute(db);
}

/** Ends the parts of a submission to several tasks, in their order, and itself. */
export async function endParts(context: Context, parent: number, ends: RunEnd[]): Promise<void> {
  const { db } = context;
  const parts = await db.selectFrom("submissions").select("id").where("parent_id", "=", parent).orderBy("id").execute();
  for (const [at, { id }] of parts.entries()) await endRun(context, id, ends[at]!);
  const failed = ends.find(({ failure }) => failure);
  await db
    .updateTable("submissions")
    .set({
      status: failed ? "Failed" : "Finished",
      status_details: failed ? `All tasks failed: ${failed.failure!.message}` : "",
      created_when: new Date(Date.now() - 5000),
      started_when: new Date(Date.now() - 4400),
      finished_when: new Date(),
    })
    .where("id", "=", parent)
    .execute();
}
