import { randomUUID } from "node:crypto";
import { artifacts, type AttemptReport, type FailureCode, type Warning, type Manifest } from "../../../contract/job.ts";
import { insertWorkerToken } from "../../../lambdas/jobs/db/workers.ts";
import { defaultQueueId } from "../../../lambdas/competitions/db/competitions.ts";
import { hashToken, newToken } from "../../../lambdas/kernel/secrets.ts";
import type { Competition } from "../../../client/api-client.ts";
import { bundleFiles, phase, register, submit } from "../../support/competitions.ts";
import { send, type Answer, type Content } from "../../support/http.ts";
import { startTestPlatform, type Person, type TestPlatform, type TestPlatformOptions } from "../../support/platform.ts";

/**
 * How a run ends: with the scores its program writes (bytes are the file itself), or failed. `details` are its detailed results, `warnings` those of
 * its prediction.
 */
export type Outcome = { warnings?: Warning[] } & (
  { scores: Record<string, unknown> | Buffer; details?: string } | { failure: FailureCode; message?: string }
);

/**
 * A platform whose worker is the test: it claims, uploads and reports over the worker API as a real one does, but what
 * programs would print and score the test decides.
 */
export interface Lab extends TestPlatform {
  organizer: Person;
  /** Runs all that is ready; `outcome` decides by the submission's id and the name of its task. */
  runAll(outcome: Outcome | ((run: { submission: number; task: string }) => Outcome)): Promise<void>;
  /** Claims the next job of the default queue; null when none is ready. */
  claim(): Promise<Manifest | null>;
  /** Gives a claimed attempt back, as a worker does that is told to stop. */
  release(manifest: Manifest): Promise<void>;
  /** Ends a claimed attempt. */
  finish(manifest: Manifest, outcome: Outcome): Promise<void>;
  /** A published competition of the organizer with people who participate in it. */
  competition(yaml?: Record<string, unknown>, ...participants: Person[]): Promise<Competition>;
  /** Submits some bytes and runs them to their end. */
  submitted(person: Person, phaseId: number, outcome: Outcome | ((run: { task: string }) => Outcome)): Promise<number>;
}

/** On PostgreSQL, which takes requests side by side as the deployment's does and starts in no time, or on a server of the test. */
export async function openLab(database: TestPlatformOptions["database"] = "postgres"): Promise<Lab> {
  const platform = await startTestPlatform({ database, worker: null });
  const { inside, url } = platform;
  const { token } = newToken("bsw");
  await insertWorkerToken(inside.db, await defaultQueueId(inside.db), "test", hashToken(token));
  const organizer = await platform.newPerson();
  const identity = {
    id: "worker-1",
    instance: randomUUID(),
    host: "test-host",
    launcher: "sandbox",
    slots: 1,
    version: "1",
  };

  async function worker<Body>(path: string, body: unknown): Promise<Body> {
    const answer = await send<Body>("POST", `${url}/api/worker/${path}`, {
      authorization: `Bearer ${token}`,
      content: { json: body },
    });
    if (answer.status !== 200) throw new Error(`the worker API answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  const claim = async () =>
    (await worker<{ manifest: Manifest | null }>("claim/", { worker: identity, queue: "benchstack-default" })).manifest;

  async function uploadArtifact({ attempt, upload }: Manifest, name: string, content: string | Buffer): Promise<void> {
    const form = new FormData();
    for (const [field, value] of Object.entries(upload.fields)) form.append(field, value);
    form.append("key", artifacts.prefix(attempt.id) + name);
    form.append("file", new Blob([Uint8Array.from(Buffer.from(content as string))]));
    const response = await fetch(upload.url, { method: "POST", body: form });
    if (!response.ok) throw new Error(`the upload was answered with ${response.status}: ${await response.text()}`);
  }

  async function finish(manifest: Manifest, outcome: Outcome): Promise<void> {
    const failed = "failure" in outcome;
    const collected: string[] = [];
    const steps: AttemptReport["steps"] = [];
    for (const { name } of manifest.job.steps) {
      const out = `output of ${name}`;
      await uploadArtifact(manifest, artifacts.output(name), out);
      await uploadArtifact(manifest, artifacts.log(name, "program", "stdout"), `log of ${name}\n`);
      if (name === "scoring" && !failed) {
        const { scores } = outcome;
        const written = Buffer.isBuffer(scores) ? scores : JSON.stringify(scores);
        await uploadArtifact(manifest, artifacts.collected(name, "scores.json"), written);
        collected.push("scores.json");
        if (outcome.details !== undefined) {
          await uploadArtifact(manifest, artifacts.collected(name, "detailed_results.html"), outcome.details);
          collected.push("detailed_results.html");
        }
      }
      steps.push({
        name,
        containers: [
          {
            name: "program",
            ran: true,
            exitCode: 0,
            outOfMemory: false,
            elapsedSeconds: 1,
            logs: {
              stdout: { bytes: `log of ${name}\n`.length, truncated: false },
              stderr: { bytes: 0, truncated: false },
            },
          },
        ],
        usage: {
          wallSeconds: 1,
          cpuSeconds: 1,
          peakMemoryBytes: 1,
          downloadedBytes: 1,
          uploadedBytes: 1,
          preparingSeconds: 1,
        },
        outputBytes: out.length,
        collected: name === "scoring" ? collected : [],
        md5: name === "prediction" ? { submission: "d41d8cd98f00b204e9800998ecf8427e" } : {},
        ...(name === "prediction" && outcome.warnings ? { warnings: outcome.warnings } : {}),
      });
    }
    const report: AttemptReport = failed
      ? {
          outcome: "failed",
          failure: { code: outcome.failure, message: outcome.message ?? "It failed.", step: "scoring" },
          steps,
        }
      : { outcome: "succeeded", failure: null, steps };
    await worker(`attempts/${manifest.attempt.id}/complete/`, report);
  }

  async function describe(jobId: string): Promise<{ submission: number; task: string }> {
    return inside.db
      .selectFrom("submissions as s")
      .innerJoin("tasks as t", "t.id", "s.task_id")
      .select(["s.id as submission", "t.name as task"])
      .where("s.job_id", "=", jobId)
      .executeTakeFirstOrThrow();
  }

  const runAll: Lab["runAll"] = async (outcome) => {
    for (let manifest = await claim(); manifest; manifest = await claim())
      await finish(manifest, typeof outcome === "function" ? outcome(await describe(manifest.attempt.jobId)) : outcome);
  };

  return {
    ...platform,
    organizer,
    claim,
    finish,
    release: async ({ attempt }) => {
      const report: AttemptReport = { outcome: "released", failure: null, steps: [] };
      await worker(`attempts/${attempt.id}/complete/`, report);
    },
    runAll,
    async competition(yaml = {}, ...participants) {
      const competition = await platform.newCompetition(organizer, bundleFiles(yaml));
      await register(competition, ...participants);
      return competition;
    },
    async submitted(person, phaseId, outcome) {
      const id = await submit(person, phaseId, Buffer.from("a submission"));
      await runAll(outcome);
      return id;
    },
  };
}

/** A lab with three people who take part in nothing yet. */
export async function openLabWithPeople() {
  const lab = await openLab();
  const [alice, bob, eve] = await Promise.all([lab.newPerson(), lab.newPerson(), lab.newPerson()]);
  return { lab, alice, bob, eve };
}

/**
 * The same with a competition of one task, in which alice and bob participate, and one of two tasks, in which alice does.
 * Both have boards that people put submissions on and take them off.
 */
export async function openLabWithCompetitions() {
  const { lab, alice, bob, eve } = await openLabWithPeople();
  const sum = { title: "Sum", key: "sum", index: 1, computation: "sum", computation_indexes: [0] };
  const single = await lab.competition(boardWithRule("Add_And_Delete"), alice, bob);
  const double = await lab.competition({ ...twoTasks, ...boardWithRule("Add_And_Delete", [sum]) }, alice);
  return { lab, alice, bob, eve, single, double };
}

/** A submission as the API shows it, as far as tests read it. */
export interface ShownSubmission {
  id: number;
  phase: number;
  status: string;
  status_details: string | null;
  owner: string;
  parent: number | null;
  children: number[];
  scores: { id: number; column_key: string; score: string }[];
  on_leaderboard: boolean;
  is_public: boolean;
  is_soft_deleted: boolean;
  is_specific_task_re_run: boolean;
  task: { id: number; key: string; name: string; scoring_program: string } | null;
  filename: string;
  fact_sheet_answers: Record<string, unknown> | null;
}

export const shownTo = (person: Person, id: number) =>
  expect<ShownSubmission>(200, person, "GET", `/api/submissions/${id}/`);
export const listedTo = (person: Person, query: string) =>
  expect<ShownSubmission[]>(200, person, "GET", `/api/submissions/?${query}`);
/** Its scores by column, of which each has one. */
export const scoresOf = ({ scores }: ShownSubmission) =>
  Object.fromEntries(scores.map(({ column_key, score }) => [column_key, score]));
export const phaseOf = (competition: Competition, at = 0) => competition.phases[at]!.id;

/** Two tasks of a bundle, for one phase. */
export const twoTasks = {
  tasks: [
    { index: 0, name: "First", scoring_program: "scoring_program/" },
    { index: 1, name: "Second", scoring_program: "scoring_program/" },
  ],
  phases: [phase({ tasks: [0, 1] })],
};

/** A leaderboard of a bundle with one column `accuracy`, by a rule. */
export const boardWithRule = (
  rule: string,
  columns: Record<string, unknown>[] = [],
  settings: Record<string, unknown> = {},
) => ({
  leaderboards: [
    {
      title: "Results",
      key: "main",
      submission_rule: rule,
      columns: [{ title: "Accuracy", key: "accuracy", index: 0 }, ...columns],
      ...settings,
    },
  ],
});

/** A request that has to be answered with a status; gives the body. */
export async function expect<Body = Record<string, unknown>>(
  status: number,
  who: { send: Person["send"] },
  method: string,
  path: string,
  content?: Content,
): Promise<Body> {
  const answer: Answer<Body> = await who.send<Body>(method, path, content);
  if (answer.status !== status)
    throw new Error(`${method} ${path} answered ${answer.status}, not ${status}: ${answer.text}`);
  return answer.body;
}
