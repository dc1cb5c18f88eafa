/** Running submissions again: each becomes a new submission of the same person, with the same file. */
import type { Transaction } from "kysely";
import { filesOfTasks, findPhase, tasksOfPhases, type PhaseAndCompetition } from "../db/competitions.ts";
import { holdDatasets } from "../db/datasets.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import { findQueueAccess } from "../../jobs/db/queues.ts";
import {
  endedSubmissionsOfPhase,
  findOriginals,
  findRerunPiece,
  insertRerunPiece,
  lockedSubmissionsToMigrate,
  markMigrated,
  phasesDueToMigrate,
  submissionsToMigrate,
  takeRerunPiece,
  type Original,
} from "../db/reruns.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { tasksByKey } from "../db/tasks.ts";
import type { AuditEvent } from "../../accounts/rules/audit.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { isFinal } from "../rules/submission-status.ts";
import { noSuchPhase } from "./access.ts";
import { record, thePlatform, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import { afterCommit, transact, type Context } from "../../kernel/context.ts";
import { planRuns, startRuns, type RunPlan } from "./runs.ts";
import { insertFamily, type Family } from "./submit.ts";

/** How many submissions of a phase may run again at once on a queue that belongs to others. */
const maxOnOthersQueue = 30;
/** A request has 30 s; so many take a few. */
const maxAtOnce = 1000;
/** How long after the start of a phase the runs of the one before are waited for. */
const migrationPatienceSeconds = 3600;

const notFinal = () =>
  new Refusal("forbidden", "NOT_OVER", "A submission can run again once it is finished, failed or cancelled.");

const taskGone = () =>
  new Refusal(
    "not-found",
    "TASK_GONE",
    "This submission cannot run again, because a task it needs was deleted. Submit the file anew.",
  );

const fileDeleted = (id: number) =>
  new Refusal(
    "not-found",
    "FILE_DELETED",
    `Submission ${id} cannot run again, because its file was deleted. Its owner can submit the file anew.`,
  );

/** A task that a submission is to run on, which need not be one of its phase. */
async function chosenTask({ db }: Context, actor: UserActor, key: string): Promise<number> {
  const [task] = await tasksByKey(db, [key]);
  if (!task || !may(actor, "task.use", task))
    throw new Refusal("not-found", "TASK_GONE", "There is no task with this key that you may use.");
  return task.id;
}

/**
 * Runs submissions again, on the tasks they ran on, or each on the one task with a key, as something that can never be
 * on a leaderboard. All or none. Returns the ids of the new ones, in the order of the old ones.
 */
export async function rerun(
  context: Context,
  by: UserAuthor,
  ids: number[],
  taskKey: string | null,
): Promise<number[]> {
  const task = taskKey === null ? null : await chosenTask(context, by.actor, taskKey);
  const originals = await findOriginals(context.db, ids);
  if (originals.some(({ status }) => !isFinal(status))) throw notFinal();
  return runAgain(context, originals, asReruns(by, task));
}

const asReruns = (by: Author, task: number | null): How => ({
  tasks: (original) => (task === null ? original.tasks : [task]),
  as: (original) => ({
    phaseId: original.phase_id,
    factSheetAnswers: original.fact_sheet_answers,
    queueId: original.queue_id,
    isSpecificTaskRerun: task !== null,
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
 * Runs all of a phase's submissions again that are over, but for those that cannot, since a task or file was deleted. More
 * than a request has time for run in pieces afterwards. Returns how many, and the ids of those that cannot.
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
      `More than ${maxOnOthersQueue} submissions can run again at once only on a queue of your own. Ask an administrator.`,
    );
  const { able, unable } = await sortOut(context, await findOriginals(context.db, ids));
  const how = asReruns(by, null);
  if (able.length <= maxAtOnce) await runAgain(context, able, how);
  else {
    // Refused at once if it would be later.
    await plansFor(context, prepare(able, how));
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

/** Runs the submissions of a piece again, once, but for those that cannot by now. */
export async function rerunPiece(context: Context, id: number): Promise<void> {
  const piece = await findRerunPiece(context.db, id);
  if (!piece) return;
  const { able, unable } = await sortOut(context, await findOriginals(context.db, piece.submissions));
  if (unable.length > 0) context.log.warn("rerun.skipped", { submissions: unable });
  const by: Author = { actor: piece.asked_by === null ? null : { id: piece.asked_by }, reason: piece.reason };
  await runAgain(context, able, {
    ...asReruns(by, null),
    stillWanted: async (tx) => ((await takeRerunPiece(tx, id)) ? piece.submissions : []),
  });
}

/** Tells submissions that can run again on their tasks from those that cannot, since a task or file was deleted. */
async function sortOut({ db }: Context, originals: Original[]): Promise<{ able: Original[]; unable: number[] }> {
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

/**
 * Copies what is on the leaderboard of a phase to another one and runs it there, each submission once. Limits do not
 * hold for copies, and answers to the fact sheet stay behind. Copies that were made stay when a later one fails.
 */
export async function migratePhase(
  context: Context,
  by: Author,
  fromPhaseId: number,
  toPhaseId: number,
): Promise<void> {
  const to = await findPhase(context.db, toPhaseId);
  if (!to) throw noSuchPhase();
  const tasks = (await tasksOfPhases(context.db, [to.phase.id])).map((task) => task.id);
  for (;;) {
    const ids = (await submissionsToMigrate(context.db, fromPhaseId, to.phase.id)).slice(0, maxAtOnce);
    if (ids.length === 0) return;
    await migrate(context, by, ids, { fromPhaseId, toPhaseId: to.phase.id, tasks });
  }
}

async function migrate(
  context: Context,
  by: Author,
  ids: number[],
  { fromPhaseId, toPhaseId, tasks }: { fromPhaseId: number; toPhaseId: number; tasks: number[] },
): Promise<void> {
  await runAgain(context, await findOriginals(context.db, ids), {
    stillWanted: (tx) => lockedSubmissionsToMigrate(tx, fromPhaseId, toPhaseId),
    tasks: () => tasks,
    as: (original) => ({
      phaseId: toPhaseId,
      factSheetAnswers: null,
      queueId: null,
      isSpecificTaskRerun: false,
      migratedFromId: original.id,
    }),
    by,
    events: (made) =>
      made.slice(0, 1).map(({ original }) => ({
        place: { competition: original.competition_id },
        kind: "phase.migrated",
        subject: toPhaseId,
        before: null,
        after: { from: fromPhaseId, copies: made.map(({ original: { id: of }, id }) => ({ of, id })) },
      })),
  });
}

/**
 * Migrates to the phases that ask for it (`auto_migrate_to_this_phase`) and have started, once nothing of the phase before
 * runs any more or an hour is over. What ends later follows with the call after. What cannot be migrated now is tried again
 * with the next call, and keeps no other phase waiting.
 */
export async function migrateDuePhases(context: Context): Promise<void> {
  for (const { from, to, moreMayCome } of await phasesDueToMigrate(
    context.db,
    context.now(),
    migrationPatienceSeconds,
  )) {
    try {
      await migratePhase(context, thePlatform, from, to);
      if (!moreMayCome) await markMigrated(context.db, to, context.now());
    } catch (error) {
      context.log.error("migration.failed", { phase: to, error });
    }
  }
}

interface How {
  /** Which of the originals are to run by the time it is done, when others may do the same. */
  stillWanted?(tx: Transaction<Database>): Promise<number[]>;
  tasks(original: Original): (number | null)[];
  as(original: Original): {
    phaseId: number;
    factSheetAnswers: Record<string, unknown> | null;
    queueId: string | null;
    isSpecificTaskRerun: boolean;
    migratedFromId?: number;
  };
  by: Author;
  /** What the audit trail says of those that run. */
  events(made: { original: Original; id: number }[]): AuditEvent[];
}

/** What there is to make of each original. Refused when one of them cannot run. */
function prepare(originals: Original[], how: How) {
  return originals.map((original) => {
    const tasks = how.tasks(original).filter((task) => task !== null);
    const { data_id: dataId, object_key: dataKey } = original;
    if (dataId === null || dataKey === null) throw fileDeleted(original.id);
    if (tasks.length === 0 || tasks.length < how.tasks(original).length) throw taskGone();
    return { original, tasks: tasks.sort((a, b) => a - b), dataId, dataKey, as: how.as(original) };
  });
}

async function runAgain(context: Context, originals: Original[], how: How): Promise<number[]> {
  if (originals.length > maxAtOnce)
    throw new Refusal(
      "invalid",
      "TOO_MANY_AT_ONCE",
      `At most ${maxAtOnce} submissions can run again at once. Name fewer.`,
    );
  const prepared = prepare(originals, how);
  const plans = await plansFor(context, prepared);
  return transact(context, async (tx) => {
    const wanted = await how.stillWanted?.(tx);
    const held = await holdDatasets(
      tx,
      prepared.map(({ dataId }) => dataId),
    );
    const gone = prepared.find(({ dataId }) => !held.includes(dataId));
    if (gone) throw fileDeleted(gone.original.id);
    const families = new Map<string, Family[]>([...plans.keys()].map((key) => [key, []]));
    const copies: { original: Original; id: number }[] = [];
    for (const { original, tasks, dataId, dataKey, as } of prepared) {
      if (wanted && !wanted.includes(original.id)) continue;
      const { owner_id: ownerId, participant_id: participantId, organization_id: organizationId } = original;
      const submission = { ...as, ownerId, participantId, organizationId, dataId };
      const family = await insertFamily(tx, tasks, dataKey, submission);
      families.get(planKey(as))!.push(family);
      copies.push({ original, id: family.id });
      afterCommit(tx, () =>
        context.log.info("submission.copied", { submission: family.id, original: original.id, phase: as.phaseId }),
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
    await record(tx, how.by, ...how.events(copies));
    return copies.map(({ id }) => id);
  });
}

const planKey = ({ phaseId, queueId }: { phaseId: number; queueId: string | null }) => `${phaseId} ${queueId ?? ""}`;

/** One plan for all that go to the same phase and queue. */
async function plansFor(
  context: Context,
  prepared: { tasks: number[]; as: { phaseId: number; queueId: string | null } }[],
): Promise<Map<string, RunPlan>> {
  const plans = new Map<string, RunPlan>();
  for (const [key, group] of Map.groupBy(prepared, ({ as }) => planKey(as))) {
    const { phaseId, queueId } = group[0]!.as;
    const phase = await findPhase(context.db, phaseId);
    if (!phase) throw noSuchPhase();
    plans.set(key, await planRuns(context, phase, [...new Set(group.flatMap(({ tasks }) => tasks))], queueId));
  }
  return plans;
}
