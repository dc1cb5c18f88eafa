/** Updates stored competitions. Rows of parts that remain keep their ids; rows of removed parts are deleted. */
import { sql, type Transaction } from "kysely";
import type { ColumnDescription, CompetitionDescription, FileSource } from "../rules/competition.ts";
import type { Database } from "../../kernel/db/schema.ts";
import {
  columnRow,
  insertLeaderboard,
  leaderboardRow,
  logoKeys,
  phaseRow,
  settingsRow,
  type LogoKeys,
} from "./store-competition.ts";

type Tx = Transaction<Database>;

/** Settings that are set on the platform and never read from a bundle. */
export interface PlatformSettings {
  allow_robot_submissions: boolean;
  teams_share_limits: boolean;
  whitelist_emails: string[];
  report: string | null;
  published: boolean;
}

export async function updatePlatformSettings(tx: Tx, id: number, settings: PlatformSettings): Promise<void> {
  await tx.updateTable("competitions").set(settings).where("id", "=", id).execute();
}

/** Replaces the collaborators of a competition. */
export async function setCollaborators(tx: Tx, competitionId: number, userIds: number[]): Promise<void> {
  await tx.deleteFrom("competition_collaborators").where("competition_id", "=", competitionId).execute();
  if (userIds.length > 0)
    await tx
      .insertInto("competition_collaborators")
      .values(userIds.map((user_id) => ({ competition_id: competitionId, user_id })))
      .execute();
}

/**
 * Ids of the rows that the parts of a changed competition already have, in the order of the parts. Undefined marks a
 * new part.
 */
export interface KnownIds {
  pages: (number | undefined)[];
  phases: (number | undefined)[];
  /** Of the primary leaderboard. */
  columns: (number | undefined)[];
  furtherLeaderboards: { id: number | undefined; columns: (number | undefined)[] }[];
}

export interface ChangedCompetition {
  description: CompetitionDescription;
  terms: string;
  pages: { title: string; content: string }[];
  /** Without keys, the logo stays unchanged. */
  logo: Partial<LogoKeys>;
  datasets: ReadonlyMap<FileSource, number>;
  /** Task ids by the indexes in the description. */
  tasks: ReadonlyMap<string | number, number>;
  ids: KnownIds;
}

/** Updates a competition to match its description. Returns the tasks that were added to each phase. */
export async function updateCompetition(
  tx: Tx,
  id: number,
  changed: ChangedCompetition,
): Promise<{ phaseId: number; taskIds: number[] }[]> {
  await tx
    .updateTable("competitions")
    .set({
      ...settingsRow(changed.description),
      terms: changed.terms,
      ...changed.logo,
    })
    .where("id", "=", id)
    .execute();
  await updatePages(tx, id, changed);
  await updateLeaderboards(tx, id, changed);
  return updatePhases(tx, id, changed);
}

async function updatePages(tx: Tx, competitionId: number, { pages, ids }: ChangedCompetition): Promise<void> {
  const kept = ids.pages.filter((id) => id !== undefined);
  await tx
    .deleteFrom("pages")
    .where("competition_id", "=", competitionId)
    .where(sql<boolean>`not id = any(${kept}::int[])`)
    .execute();
  for (const [index, page] of pages.entries()) {
    const id = ids.pages[index];
    if (id === undefined)
      await tx
        .insertInto("pages")
        .values({ competition_id: competitionId, index, ...page })
        .execute();
    else
      await tx
        .updateTable("pages")
        .set({ index, ...page })
        .where("id", "=", id)
        .execute();
  }
}

async function updatePhases(tx: Tx, competitionId: number, { description, datasets, tasks, ids }: ChangedCompetition) {
  const kept = ids.phases.filter((id) => id !== undefined);
  await tx
    .deleteFrom("phases")
    .where("competition_id", "=", competitionId)
    .where(sql<boolean>`not id = any(${kept}::int[])`)
    .execute();
  const added: { phaseId: number; taskIds: number[] }[] = [];
  for (const [at, phase] of description.phases.entries()) {
    const known = ids.phases[at];
    const row = phaseRow(phase, datasets);
    const phaseId = known ?? (await insertPhase(tx, competitionId, row));
    if (known !== undefined) await tx.updateTable("phases").set(row).where("id", "=", known).execute();
    const taskIds = [...new Set(phase.tasks.map((index) => tasks.get(index)!))];
    const newTasks = await updatePhaseTasks(tx, phaseId, taskIds);
    if (known !== undefined && newTasks.length > 0) added.push({ phaseId, taskIds: newTasks });
  }
  return added;
}

async function insertPhase(tx: Tx, competitionId: number, row: ReturnType<typeof phaseRow>): Promise<number> {
  const { id } = await tx
    .insertInto("phases")
    .values({ competition_id: competitionId, ...row })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** Sets the tasks of a phase, in order. Returns those that were added. */
async function updatePhaseTasks(tx: Tx, phaseId: number, taskIds: number[]): Promise<number[]> {
  const before = await tx.selectFrom("phase_tasks").select("task_id").where("phase_id", "=", phaseId).execute();
  await tx.deleteFrom("phase_tasks").where("phase_id", "=", phaseId).execute();
  if (taskIds.length > 0)
    await tx
      .insertInto("phase_tasks")
      .values(taskIds.map((task_id, order_index) => ({ phase_id: phaseId, task_id, order_index })))
      .execute();
  return taskIds.filter((id) => !before.some(({ task_id }) => task_id === id));
}

async function updateLeaderboards(
  tx: Tx,
  competitionId: number,
  { description: { leaderboard, furtherLeaderboards }, ids, tasks }: ChangedCompetition,
): Promise<void> {
  const { id: primaryId } = await tx
    .updateTable("leaderboards")
    .set({ ...leaderboardRow(leaderboard, tasks), submission_rule: leaderboard.submissionRule })
    .where("competition_id", "=", competitionId)
    .returning("id")
    .executeTakeFirstOrThrow();
  await updateColumns(tx, primaryId, leaderboard.columns, ids.columns);
  const kept = ids.furtherLeaderboards.flatMap(({ id }) => id ?? []);
  await tx
    .deleteFrom("leaderboards")
    .where("primary_id", "=", primaryId)
    .where(sql<boolean>`not id = any(${kept}::int[])`)
    .execute();
  for (const [at, board] of furtherLeaderboards.entries()) {
    const known = ids.furtherLeaderboards[at]!;
    const row = { ...leaderboardRow(board, tasks), position: at + 1 };
    const id = known.id ?? (await insertLeaderboard(tx, { ...row, primary_id: primaryId }));
    if (known.id !== undefined) await tx.updateTable("leaderboards").set(row).where("id", "=", id).execute();
    await updateColumns(tx, id, board.columns, known.columns);
  }
}

async function updateColumns(
  tx: Tx,
  id: number,
  columns: ColumnDescription[],
  knownIds: (number | undefined)[],
): Promise<void> {
  const kept = knownIds.filter((column) => column !== undefined);
  await tx
    .deleteFrom("leaderboard_columns")
    .where("leaderboard_id", "=", id)
    .where(sql<boolean>`not id = any(${kept}::int[])`)
    .execute();
  // Keys are unique in a leaderboard, and two columns may have swapped theirs, so all keys are made unique first.
  await sql`update leaderboard_columns set key = '#' || id where leaderboard_id = ${id}`.execute(tx);
  for (const [at, column] of columns.entries()) {
    const known = knownIds[at];
    const row = columnRow(column);
    if (known === undefined)
      await tx
        .insertInto("leaderboard_columns")
        .values({ leaderboard_id: id, ...row })
        .execute();
    else await tx.updateTable("leaderboard_columns").set(row).where("id", "=", known).execute();
  }
}

/**
 * Blinds or unblinds a phase. Returns false if nothing changes. The competition gets a new version, so that a form
 * loaded before is not saved over the change.
 */
export async function setBlind(
  tx: Tx,
  phase: { id: number; competition_id: number },
  blind: boolean,
): Promise<boolean> {
  await tx
    .updateTable("competitions")
    .set((eb) => ({ title: eb.ref("title") }))
    .where("id", "=", phase.competition_id)
    .execute();
  const { numUpdatedRows } = await tx
    .updateTable("phases")
    .set({ blind })
    .where("id", "=", phase.id)
    .where("blind", "!=", blind)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Counts the submissions of phases. Phases without any are omitted. */
export async function countByPhase(tx: Tx, phaseIds: number[]): Promise<Map<number, number>> {
  if (phaseIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom("submissions")
    .select((eb) => ["phase_id", eb.fn.countAll<string>().as("count")])
    .where("phase_id", "in", phaseIds)
    .groupBy("phase_id")
    .execute();
  return new Map(rows.map(({ phase_id, count }) => [phase_id, Number(count)]));
}

/**
 * Counts the scores that programs reported for columns, and locks these columns, so that no score is added. Computed
 * columns and columns without scores are omitted.
 */
export async function countScores(tx: Tx, columnIds: number[]): Promise<Map<number, number>> {
  if (columnIds.length === 0) return new Map();
  await tx.selectFrom("leaderboard_columns").select("id").where("id", "in", columnIds).forUpdate().execute();
  const rows = await tx
    .selectFrom("submission_scores as s")
    .innerJoin("leaderboard_columns as c", "c.id", "s.column_id")
    .select((eb) => ["c.id", eb.fn.countAll<string>().as("count")])
    .where("c.id", "in", columnIds)
    .where("c.computation", "is", null)
    .groupBy("c.id")
    .execute();
  return new Map(rows.map(({ id, count }) => [id, Number(count)]));
}

/** Locks a competition until the transaction ends and returns its version; undefined if it was deleted. */
export async function lockCompetition(tx: Tx, id: number): Promise<string | undefined> {
  const row = await tx
    .selectFrom("competitions")
    .select(sql<string>`xmin::text`.as("version"))
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row?.version;
}

/** Ids of the parents and single submissions of a competition. */
export async function submissionsOfCompetition(tx: Tx, id: number): Promise<number[]> {
  const rows = await tx
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .select("s.id")
    .where("p.competition_id", "=", id)
    .where("s.parent_id", "is", null)
    .execute();
  return rows.map((row) => row.id);
}

/** Deletes a competition that has no submissions, with its phases, pages, leaderboard and participants. */
export async function deleteCompetition(tx: Tx, id: number): Promise<{ title: string } & LogoKeys> {
  return tx
    .deleteFrom("competitions")
    .where("id", "=", id)
    .returning(["title", ...logoKeys])
    .executeTakeFirstOrThrow();
}

/**
 * Parents of a phase, not deleted, with those of some tasks on which they must run: tasks of the phase on which they have no
 * run, or only runs that failed or were cancelled. Locks the phase, so that no other transaction runs the same ones.
 */
export async function parentsToRun(tx: Tx, phaseId: number, taskIds: number[], limit: number) {
  await tx.selectFrom("phases").select("id").where("id", "=", phaseId).forNoKeyUpdate().execute();
  const missing = sql<number[]>`array(
    select pt.task_id from phase_tasks pt
    where pt.phase_id = ${phaseId} and pt.task_id = any(${taskIds}::int[])
      and not exists (select from submissions k
        where k.parent_id = s.id and k.task_id = pt.task_id and k.status not in ('Failed', 'Cancelled'))
    order by array_position(${taskIds}::int[], pt.task_id))`;
  return (
    tx
      .selectFrom("submissions as s")
      .innerJoin("datasets as d", "d.id", "s.data_id")
      .select([
        "s.id",
        "s.owner_id",
        "s.participant_id",
        "s.organization_id",
        "d.id as data_id",
        "d.object_key",
        "s.fact_sheet_answers",
        "s.queue_id",
        "s.on_leaderboard",
        "s.submitted_when",
        "s.status",
        missing.as("missing_tasks"),
      ])
      .where("s.phase_id", "=", phaseId)
      .where("s.has_children", "=", true)
      .where("s.is_soft_deleted", "=", false)
      .where(sql<boolean>`cardinality(${missing}) > 0`)
      .orderBy("s.id")
      .limit(limit)
      // Their new children are on the leaderboard if they are.
      .forNoKeyUpdate("s")
      .execute()
  );
}
