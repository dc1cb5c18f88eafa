import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { participantsCount, submissionsCount } from "./counts.ts";
import type { Database } from "../../kernel/db/schema.ts";
import type { Listing } from "../rules/listing.ts";
import { displayName } from "../../accounts/db/users.ts";

type Reader = Db | Transaction<Database>;

/** What the permission checks need to know about a competition. */
export interface CompetitionAccess {
  id: number;
  title: string;
  created_by: number;
  published: boolean;
  secret_key: string;
  listing: Listing;
  collaborators: number[];
  registration_auto_approve: boolean;
  allow_robot_submissions: boolean;
  whitelist_emails: string[];
  contact_email: string | null;
}

const accessColumns = [
  "c.id",
  "c.title",
  "c.created_by",
  "c.published",
  "c.secret_key",
  "c.listing",
  "c.registration_auto_approve",
  "c.allow_robot_submissions",
  "c.whitelist_emails",
  "c.contact_email",
] as const;

const collaboratorIds = sql<number[]>`array(
  select user_id from competition_collaborators where competition_id = c.id order by user_id)`.as("collaborators");

export async function findCompetitionAccess(db: Reader, id: number): Promise<CompetitionAccess | undefined> {
  return db
    .selectFrom("competitions as c")
    .select([...accessColumns, collaboratorIds])
    .where("c.id", "=", id)
    .executeTakeFirst();
}

/** A phase with its competition, as needed to submit to it. */
export async function findPhase(db: Reader, phaseId: number) {
  const phase = await db.selectFrom("phases").selectAll().where("id", "=", phaseId).executeTakeFirst();
  if (!phase) return undefined;
  const competition = await db
    .selectFrom("competitions as c")
    .select([
      ...accessColumns,
      collaboratorIds,
      "c.docker_image",
      "c.queue_id",
      "c.auto_run_submissions",
      "c.enable_detailed_results",
      "c.enable_network",
      "c.lift_top_folders",
      "c.teams_share_limits",
    ])
    .where("c.id", "=", phase.competition_id)
    .executeTakeFirstOrThrow();
  return { phase, competition };
}

export type PhaseAndCompetition = NonNullable<Awaited<ReturnType<typeof findPhase>>>;

/** The tasks of phases, in order, with what a job needs from each. */
export async function tasksOfPhases(db: Reader, phaseIds: number[]) {
  if (phaseIds.length === 0) return [];
  return db
    .selectFrom("phase_tasks as pt")
    .innerJoin("tasks as t", "t.id", "pt.task_id")
    .select([
      "pt.phase_id",
      "pt.order_index",
      "t.id",
      "t.key",
      "t.name",
      "t.description",
      "t.created_when",
      "t.ingestion_only_during_scoring",
    ])
    .where("pt.phase_id", "in", phaseIds)
    .orderBy("pt.phase_id")
    .orderBy("pt.order_index")
    .execute();
}

export interface TaskFile {
  task_id: number;
  role: "scoring_program" | "ingestion_program" | "input_data" | "reference_data";
  dataset_id: number;
  key: string;
  name: string;
  object_key: string;
  is_kept: boolean;
}

/** The files of tasks, one row per task and role. */
export async function filesOfTasks(db: Reader, taskIds: number[]): Promise<TaskFile[]> {
  const { rows } = await sql<TaskFile>`
    select t.id as task_id, f.role, f.dataset_id, d.key, d.name, d.object_key,
      d.upload_completed_when is not null as is_kept
    from tasks t
    cross join lateral (values
      ('scoring_program', t.scoring_program_id),
      ('ingestion_program', t.ingestion_program_id),
      ('input_data', t.input_data_id),
      ('reference_data', t.reference_data_id)) as f(role, dataset_id)
    join datasets d on d.id = f.dataset_id
    where t.id = any(${taskIds})`.execute(db);
  return rows;
}

/** Everything that the detail view of a competition shows, except what depends on the viewer. */
export async function findCompetitionDetail(db: Reader, id: number) {
  const competition = await db
    .selectFrom("competitions as c")
    .innerJoin("users as u", "u.id", "c.created_by")
    .selectAll("c")
    .select([
      "u.username as created_by_username",
      displayName.as("owner_display_name"),
      // Changes with every update of the competition's row.
      sql<string>`c.xmin::text`.as("version"),
      participantsCount,
      submissionsCount,
    ])
    .where("c.id", "=", id)
    .executeTakeFirst();
  if (!competition) return undefined;
  const [pages, phases, collaborators, leaderboard] = await Promise.all([
    db
      .selectFrom("pages")
      .select(["id", "title", "content", "index"])
      .where("competition_id", "=", id)
      .orderBy("index")
      .execute(),
    db.selectFrom("phases").selectAll().where("competition_id", "=", id).orderBy("index").execute(),
    db
      .selectFrom("competition_collaborators as cc")
      .innerJoin("users as u", "u.id", "cc.user_id")
      .select(["u.id", displayName.as("name"), "u.username"])
      .where("cc.competition_id", "=", id)
      .orderBy("u.id")
      .execute(),
    findLeaderboard(db, id),
  ]);
  return { competition, pages, phases, collaborators, leaderboard };
}

/**
 * The primary leaderboard of a competition, with the `further` ones, which have its submission rule. Columns are ordered
 * by index.
 */
export async function findLeaderboard(db: Reader, competitionId: number) {
  const rows = await db
    .selectFrom("leaderboards as l")
    .selectAll("l")
    .select(
      sql<string[]>`array(select t.key::text from unnest(l.ranking_tasks) with ordinality as r(id, at)
        join tasks t on t.id = r.id order by r.at)`.as("ranking_task_keys"),
    )
    .where((eb) =>
      eb.or([
        eb("l.competition_id", "=", competitionId),
        eb("l.primary_id", "=", eb.selectFrom("leaderboards").select("id").where("competition_id", "=", competitionId)),
      ]),
    )
    .orderBy("l.position")
    .orderBy("l.id")
    .execute();
  if (rows.length === 0) return undefined;
  const columns = await db
    .selectFrom("leaderboard_columns")
    .selectAll()
    .where(
      "leaderboard_id",
      "in",
      rows.map(({ id }) => id),
    )
    .orderBy("index")
    .execute();
  const [primary, ...further] = rows.map(({ primary_id: _, position: __, ...row }) => ({
    ...row,
    competition_id: competitionId,
    submission_rule: rows[0]!.submission_rule!,
    columns: columns.filter(({ leaderboard_id }) => leaderboard_id === row.id),
  }));
  return { ...primary!, further };
}

/** The competition that a leaderboard belongs to. */
export async function competitionOfLeaderboard(db: Reader, leaderboardId: number): Promise<number | undefined> {
  const row = await db
    .selectFrom("leaderboards as l")
    .innerJoin("leaderboards as p", (join) => join.on("p.id", "=", sql<number>`coalesce(l.primary_id, l.id)`))
    .select("p.competition_id")
    .where("l.id", "=", leaderboardId)
    .executeTakeFirst();
  return row?.competition_id ?? undefined;
}

/** Publishes a competition or unpublishes it. Returns whether it is published now. */
export async function togglePublished(tx: Transaction<Database>, id: number): Promise<boolean> {
  const { published } = await tx
    .updateTable("competitions")
    .set((eb) => ({ published: eb.not("published") }))
    .where("id", "=", id)
    .returning("published")
    .executeTakeFirstOrThrow();
  return published;
}

export async function solutionIdsByKey(db: Reader, keys: string[]) {
  if (keys.length === 0) return [];
  return db.selectFrom("solutions").select(["id", "key", "created_by"]).where("key", "in", keys).execute();
}

/** The solutions of tasks, each with its dataset. */
export async function solutionsOfTasks(db: Reader, taskIds: number[]) {
  if (taskIds.length === 0) return [];
  return db
    .selectFrom("solution_tasks as st")
    .innerJoin("solutions as s", "s.id", "st.solution_id")
    .innerJoin("datasets as d", "d.id", "s.dataset_id")
    .select([
      "st.task_id",
      "s.id",
      "s.key",
      "s.name",
      "s.description",
      "s.md5",
      "d.key as data",
      sql<number | null>`d.file_size::float8`.as("size"),
      sql<string[]>`array(
        select t.key::text from solution_tasks o join tasks t on t.id = o.task_id where o.solution_id = s.id order by t.id)`.as(
        "tasks",
      ),
    ])
    .where("st.task_id", "in", taskIds)
    .orderBy("s.id")
    .execute();
}

export async function defaultQueueId(db: Reader): Promise<string> {
  const { id } = await db.selectFrom("queues").select("id").where("is_default", "=", true).executeTakeFirstOrThrow();
  return id;
}

export async function findFactSheet(db: Reader, competitionId: number) {
  const row = await db
    .selectFrom("competitions")
    .select("fact_sheet")
    .where("id", "=", competitionId)
    .executeTakeFirst();
  return row?.fact_sheet ?? null;
}
