/** Reruns of submissions. Each rerun is a new submission of the same person with the same file. */
import { filesOfTasks, findPhase, type PhaseAndCompetition } from "../db/competitions.ts";
import { holdDatasets } from "../db/datasets.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { findQueueAccess } from "../../jobs/db/queues.ts";
import {
  endedSubmissionsOfPhase,
  findOriginals,
  findRerunPiece,
  insertRerunPiece,
  takeRerunPiece,
  type Original,
} from "../db/reruns.ts";
import { tasksByKey } from "../db/tasks.ts";
import type { AuditEvent } from "../../accounts/rules/audit.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { isFinal } from "../rules/submission-status.ts";
import { noSuchPhase, noSuchSubmission, possibleSubmissions } from "./access.ts";
import { record, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import { possibleOf, type Skipped } from "./many.ts";
import { planRuns, startRuns, type RunPlan } from "./runs.ts";
import { insertFamily, type Family } from "./submit.ts";

/** Maximum number of submissions of a phase that may be rerun at once on somebody else's queue. */
const maxOnOthersQueue = 30;
/** Maximum number of submissions per request. A request may take 30 seconds; this many take a few. */
export const maxAtOnce = 1000;

const notFinal = (id: number) =>
  new Refusal(
    "forbidden",
    "NOT_OVER",
    `Submission ${id} cannot be rerun yet. Only a Finished, Failed or Cancelled submission can be.`,
  );

const taskGone = (id: number) =>
  new Refusal(
    "not-found",
    "TASK_GONE",
    `Submission ${id} cannot be rerun, because a task it needs was deleted. Submit the file again.`,
  );

const fileDeleted = (id: number) =>
  new Refusal(
    "not-found",
    "FILE_DELETED",
    `Submission ${id} cannot be rerun, because its file was deleted. Its owner can submit the file again.`,
  );

/** The task on which to rerun. It need not belong to the phase. */
async function chosenTask({ db }: Context, actor: UserActor, key: string): Promise<number> {
  const [task] = await tasksByKey(db, [key]);
  if (!task || !may(actor, "task.use", task))
    throw new Refusal("not-found", "TASK_GONE", "There is no task with this key that you may use.");
  return task.id;
}

/**
 * Reruns a submission, on the same tasks as before, or on the task with the given key; then it can never be on a
 * leaderboard. Returns the id of the new submission.
 */
export async function rerun(context: Context, by: UserAuthor, id: number, taskKey: string | null): Promise<number> {
  const task = taskKey === null ? null : await chosenTask(context, by.actor, taskKey);
  const originals = await findOriginals(context.db, [id]);
  if (originals.some(({ status }) => !isFinal(status))) throw notFinal(id);
  const [made] = await startReruns(context, originals, asReruns(by, task));
  return made!;
}

/** Reruns those of many submissions that can be rerun. Returns the ids of the new submissions, and what was skipped. */
export async function rerunMany(
  context: Context,
  by: UserAuthor,
  ids: number[],
): Promise<{ submissions: number[]; skipped: Skipped[] }> {
  const allowed = await possibleSubmissions(context, by.actor, ids, "submission.run");
  const known = allowed.possible.map(({ id }) => id);
  const originals = await findOriginals(context.db, known);
  const { able } = await separateRunnable(context, originals);
  const { possible, skipped } = await possibleOf(known, (id) => {
    const original = originals.find((one) => one.id === id);
    if (!original) return noSuchSubmission();
    if (!isFinal(original.status)) return notFinal(id);
    if (original.data_id === null) return fileDeleted(id);
    return able.includes(original) ? original : taskGone(id);
  });
  const submissions = await startReruns(context, possible, asReruns(by, null));
  return { submissions, skipped: [...allowed.skipped, ...skipped] };
}

const asReruns = (by: Author, task: number | null): RerunOptions => ({
  tasks: (original) => (task === null ? original.tasks : [task]),
  target: (original) => ({
    phaseId: original.phase_id,
    factSheetAnswers: original.fact_sheet_answers,
    queueId: original.queue_id,
    isSpecificTaskRerun: task !== null,
    firstRunId: original.first_run_id,
    isKeptOff: original.kept_off_leaderboard,
  }),
  by,
  events: (made) =>
    made.map(({ original, id }) => ({
      place: { competition: original.competition_id },
      kind: "submission.rerun",
      subject: original.id,
      before: null,
      after: { submission: id, task },
    })),
});

/**
 * Reruns all ended submissions of a phase, except those that cannot run because a task or file was deleted. If there
 * are too many for one request, the rest run in pieces afterwards. Returns how many are rerun, and the ids of those
 * that cannot be.
 */
export async function rerunPhase(
  context: Context,
  by: UserAuthor,
  found: PhaseAndCompetition,
): Promise<{ count: number; skipped: number[] }> {
  const ids = await endedSubmissionsOfPhase(context.db, found.phase.id);
  const queue = found.competition.queue_id && (await findQueueAccess(context.db, found.competition.queue_id));
  const ownQueue = queue ? may(by.actor, "queue.run", queue) : by.actor.isSuperuser;
  if (ids.length > maxOnOthersQueue && !ownQueue)
    throw new Refusal(
      "forbidden",
      "TOO_MANY_RERUNS",
      `More than ${maxOnOthersQueue} submissions can be rerun at once only on a queue of your own. Ask an administrator.`,
    );
  const { able, unable } = await separateRunnable(context, await findOriginals(context.db, ids));
  const options = asReruns(by, null);
  if (able.length <= maxAtOnce) await startReruns(context, able, options);
  else {
    // Refuse now what a later piece would refuse.
    await plansFor(context, prepare(able, options));
    await transact(context, async (tx) => {
      for (let at = 0; at < able.length; at += maxAtOnce) {
        const submissions = able.slice(at, at + maxAtOnce).map(({ id }) => id);
        const piece = await insertRerunPiece(tx, {
          phaseId: found.phase.id,
          submissions,
          askedBy: by.actor.id,
          reason: by.reason,
        });
        await enqueue(tx, context.environment.CONTROL_QUEUE, context.correlationId, { type: "rerun", piece });
      }
    });
  }
  return { count: able.length, skipped: unable };
}

/** Reruns the submissions of one piece of a phase rerun once, except those that can no longer run. */
export async function rerunPiece(context: Context, id: number): Promise<void> {
  const piece = await findRerunPiece(context.db, id);
  if (!piece) return;
  const { able, unable } = await separateRunnable(context, await findOriginals(context.db, piece.submissions));
  if (unable.length > 0) context.log.warn("rerun.skipped", { submissions: unable });
  const by: Author = { actor: piece.asked_by === null ? null : { id: piece.asked_by }, reason: piece.reason };
  await startReruns(context, able, {
    ...asReruns(by, null),
    stillWanted: async (tx) => ((await takeRerunPiece(tx, id)) ? piece.submissions : []),
  });
}

/** Separates submissions that can be rerun on their tasks from those that cannot because a task or file was deleted. */
async function separateRunnable(
  { db }: Context,
  originals: Original[],
): Promise<{ able: Original[]; unable: number[] }> {
  const tasks = [...new Set(originals.flatMap((original) => original.tasks))].filter((task) => task !== null);
  const files = await filesOfTasks(db, tasks);
  const runnable = new Set(files.flatMap(({ role, task_id }) => (role === "scoring_program" ? task_id : [])));
  const isAble = (original: Original) =>
    original.data_id !== null &&
    original.tasks.length > 0 &&
    original.tasks.every((task) => task !== null && runnable.has(task));
  return {
    able: originals.filter(isAble),
    unable: originals.flatMap((original) => (isAble(original) ? [] : original.id)),
  };
}

/** What to run again, and how. */
export interface RerunOptions {
  /** Which of the originals must still run, checked in the transaction because another process may do the same. */
  stillWanted?(tx: Tx): Promise<number[]>;
  tasks(original: Original): (number | null)[];
  target(original: Original): {
    phaseId: number;
    factSheetAnswers: Record<string, unknown> | null;
    queueId: string | null;
    isSpecificTaskRerun: boolean;
    migratedFromId?: number;
    firstRunId?: number;
    isKeptOff?: boolean;
  };
  by: Author;
  /** The audit events of the reruns. */
  events(made: { original: Original; id: number }[]): AuditEvent[];
}

/** Determines what to run for each original. Refused if one of them cannot run. */
function prepare(originals: Original[], options: RerunOptions) {
  return originals.map((original) => {
    const tasks = options.tasks(original).filter((task) => task !== null);
    const { data_id: dataId, object_key: dataKey } = original;
    if (dataId === null || dataKey === null) throw fileDeleted(original.id);
    if (tasks.length === 0 || tasks.length < options.tasks(original).length) throw taskGone(original.id);
    return { original, tasks: tasks.sort((a, b) => a - b), dataId, dataKey, target: options.target(original) };
  });
}

/** Runs submissions again, all or none. Returns the ids of the copies. Refused if one of them cannot run. */
export async function startReruns(context: Context, originals: Original[], options: RerunOptions): Promise<number[]> {
  if (originals.length > maxAtOnce)
    throw new Refusal(
      "invalid",
      "TOO_MANY_AT_ONCE",
      `At most ${maxAtOnce} submissions can be rerun at once. Select fewer.`,
    );
  const prepared = prepare(originals, options);
  const plans = await plansFor(context, prepared);
  return transact(context, async (tx) => {
    const wanted = await options.stillWanted?.(tx);
    const held = await holdDatasets(
      tx,
      prepared.map(({ dataId }) => dataId),
    );
    const gone = prepared.find(({ dataId }) => !held.includes(dataId));
    if (gone) throw fileDeleted(gone.original.id);
    const families = new Map<string, Family[]>([...plans.keys()].map((key) => [key, []]));
    const copies: { original: Original; id: number }[] = [];
    for (const { original, tasks, dataId, dataKey, target } of prepared) {
      if (wanted && !wanted.includes(original.id)) continue;
      const { owner_id: ownerId, participant_id: participantId, organization_id: organizationId } = original;
      const submittedWhen = original.submitted_when;
      const submission = { ...target, ownerId, participantId, organizationId, dataId, submittedWhen };
      const family = await insertFamily(tx, tasks, dataKey, submission);
      families.get(planKey(target))!.push(family);
      copies.push({ original, id: family.id });
      afterCommit(tx, () =>
        context.log.info("submission.copied", { submission: family.id, original: original.id, phase: target.phaseId }),
      );
    }
    for (const [key, made] of families)
      await startRuns(
        tx,
        context,
        plans.get(key)!,
        made.flatMap(({ runs }) => runs),
        made.flatMap(({ parents }) => parents),
      );
    await record(tx, options.by, ...options.events(copies));
    return copies.map(({ id }) => id);
  });
}

const planKey = ({ phaseId, queueId }: { phaseId: number; queueId: string | null }) => `${phaseId} ${queueId ?? ""}`;

/** One plan per phase and queue. */
async function plansFor(
  context: Context,
  prepared: { tasks: number[]; target: { phaseId: number; queueId: string | null } }[],
): Promise<Map<string, RunPlan>> {
  const plans = new Map<string, RunPlan>();
  for (const [key, group] of Map.groupBy(prepared, ({ target }) => planKey(target))) {
    const { phaseId, queueId } = group[0]!.target;
    const phase = await findPhase(context.db, phaseId);
    if (!phase) throw noSuchPhase();
    plans.set(key, await planRuns(context, phase, [...new Set(group.flatMap(({ tasks }) => tasks))], queueId));
  }
  return plans;
}
