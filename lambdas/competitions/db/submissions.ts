/** Reads submissions. */
import { sql, type Transaction } from "kysely";
import { utcDay } from "../rules/limits.ts";
import type { RunWarning } from "../rules/run-warnings.ts";
import type { SubmissionStatus } from "../rules/submission-status.ts";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { isCounted } from "./counted-runs.ts";
import { findContestant, belongsTo } from "./teams.ts";

type Reader = Db | Transaction<Database>;

/**
 * Counts what a participant or their team has used of a phase's limits: parents and single submissions that did not
 * fail, also deleted ones. Days are UTC days.
 */
export async function countSubmissions(
  db: Reader,
  phaseId: number,
  ownerId: number,
  now: Date,
): Promise<{ today: number; total: number }> {
  const { start, end } = utcDay(now);
  const contestant = await findContestant(db, phaseId, ownerId);
  return db
    .selectFrom((eb) =>
      eb
        .selectFrom("submissions")
        .select(["phase_id", "owner_id", "organization_id", "created_when"])
        .where("parent_id", "is", null)
        .where("status", "!=", "Failed")
        .unionAll(
          eb.selectFrom("deleted_submissions").select(["phase_id", "owner_id", "organization_id", "created_when"]),
        )
        .as("s"),
    )
    .select([
      sql<number>`count(*)::int`.as("total"),
      sql<number>`(count(*) filter (where created_when >= ${start} and created_when < ${end}))::int`.as("today"),
    ])
    .where("phase_id", "=", phaseId)
    .where(belongsTo(contestant))
    .executeTakeFirstOrThrow();
}

export interface SubmissionRow {
  id: number;
  /** Unlike its id, no other submission of any platform has it. */
  uuid: string;
  phase_id: number;
  phase_name: string;
  competition_id: number;
  competition_title: string;
  owner_id: number;
  owner: string;
  participant_id: number;
  /** The organization for which its owner submitted. */
  organization: { id: number; name: string } | null;
  /** The key from which its owner's pseudonym is computed, if the leaderboard is anonymous. */
  pseudonym_key: string | null;
  /** Key, name, file name and object key of the submitted file. Null after it was deleted. */
  data: string | null;
  name: string | null;
  filename: string | null;
  data_object_key: string | null;
  description: string | null;
  created_when: Date;
  started_when: Date | null;
  finished_when: Date | null;
  is_public: boolean;
  is_specific_task_re_run: boolean;
  /** Whether it, or its parent, runs an earlier submission again. */
  is_rerun: boolean;
  is_soft_deleted: boolean;
  /** Whether its submitted file, outputs and logs were deleted. */
  files_deleted: boolean;
  status: SubmissionStatus;
  status_details: string | null;
  failure_code: string | null;
  /** A parent has those of its children. */
  warnings: RunWarning[];
  md5: string | null;
  has_children: boolean;
  parent: number | null;
  children: number[];
  on_leaderboard: boolean;
  /** Whether an organizer took it off the leaderboard. */
  kept_off_leaderboard: boolean;
  /** Whether its owner is an approved participant. */
  participant_approved: boolean;
  leaderboard: number | null;
  leaderboard_hidden: boolean;
  /** Whether being on the leaderboard reveals that it is its owner's best submission, in a blind phase. */
  place_tells_of_scores: boolean;
  fact_sheet_answers: Record<string, unknown> | null;
  task_id: number | null;
  job_id: string | null;
  queue_id: string | null;
  auto_run: boolean;
  can_make_submissions_public: boolean;
  hide_output: boolean;
  hide_prediction_output: boolean;
  hide_score_output: boolean;
  detailed_results: boolean;
  /**
   * Those of the primary leaderboard come first, and a key of several leaderboards has one score. A parent also has the
   * scores of its children that count, but its own computed scores replace theirs.
   */
  scores: { id: number; index: number; score: string; column_key: string; task_id: number | null; hidden: boolean }[];
}

/** Needs `organizations as o`. */
export const namedOrganization = sql<{ id: number; name: string } | null>`case when o.id is not null
  then json_build_object('id', o.id, 'name', o.name) end`.as("organization");

/** Needs `competitions as c`. */
export const pseudonymKey = sql<string | null>`case when c.anonymous_leaderboard then c.pseudonym_key end`.as(
  "pseudonym_key",
);

/** Needs `phases as p` and `leaderboards as l`. */
export const placeTellsOfScores = sql<boolean>`(p.blind and coalesce(l.submission_rule = 'Force_Best', false))`;

export function selectSubmissions(db: Reader) {
  return db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .innerJoin("users as u", "u.id", "s.owner_id")
    .leftJoin("datasets as d", "d.id", "s.data_id")
    .leftJoin("leaderboards as l", "l.competition_id", "c.id")
    .leftJoin("organizations as o", "o.id", "s.organization_id")
    .select([
      "s.id",
      "s.uuid",
      "s.phase_id",
      "p.name as phase_name",
      "p.competition_id",
      "c.title as competition_title",
      "s.owner_id",
      "u.username as owner",
      "s.participant_id",
      namedOrganization,
      pseudonymKey,
      "d.key as data",
      "d.name",
      "d.file_name as filename",
      "d.object_key as data_object_key",
      "s.description",
      "s.created_when",
      "s.started_when",
      "s.finished_when",
      "s.is_public",
      "s.is_specific_task_re_run",
      sql<boolean>`coalesce(s.first_run_id,
        (select whole.first_run_id from submissions whole where whole.id = s.parent_id)) is not null`.as("is_rerun"),
      "s.is_soft_deleted",
      sql<boolean>`s.is_soft_deleted or s.files_deleted_when is not null`.as("files_deleted"),
      "s.status",
      "s.status_details",
      "s.failure_code",
      sql<RunWarning[]>`case when s.has_children then coalesce((
        select jsonb_agg(distinct w) from submissions k, jsonb_array_elements(k.warning_details) w
        where k.parent_id = s.id), '[]') else s.warning_details end`.as("warnings"),
      "s.md5",
      "s.has_children",
      "s.parent_id as parent",
      sql<number[]>`array(select k.id from submissions k where k.parent_id = s.id order by k.id)`.as("children"),
      "s.on_leaderboard",
      "s.kept_off_leaderboard",
      sql<boolean>`(select pa.status = 'approved' from participants pa where pa.id = s.participant_id)`.as(
        "participant_approved",
      ),
      sql<number | null>`case when s.on_leaderboard then l.id end`.as("leaderboard"),
      placeTellsOfScores.as("place_tells_of_scores"),
      sql<boolean>`coalesce(l.hidden, false) or p.blind`.as("leaderboard_hidden"),
      "s.fact_sheet_answers",
      "s.task_id",
      "s.job_id",
      "s.queue_id",
      "c.auto_run_submissions as auto_run",
      "c.can_participants_make_submissions_public as can_make_submissions_public",
      // A blind phase hides everything that reveals results.
      sql<boolean>`p.hide_output or p.blind`.as("hide_output"),
      "p.hide_prediction_output",
      "p.hide_score_output",
      "c.enable_detailed_results as detailed_results",
      sql<SubmissionRow["scores"]>`coalesce((
        select json_agg(json_build_object('id', one.id, 'index', one.index, 'score', one.score::text,
          'column_key', one.key, 'task_id', one.task_id, 'hidden', one.hidden or p.blind) order by one.position, one.index, one.submission_id)
        from (
          select distinct on (sc.submission_id, lc.key)
            sc.id, sc.submission_id, r.task_id, sc.score, lc.index, lc.key, b.position,
            -- A hidden further leaderboard hides its columns.
            lc.hidden or (b.hidden and b.primary_id is not null) as hidden
          from submission_scores sc join leaderboard_columns lc on lc.id = sc.column_id
            join leaderboards b on b.id = lc.leaderboard_id
            join submissions r on r.id = sc.submission_id
          where r.id = s.id or (r.parent_id = s.id and lc.computation is null and ${isCounted("r")})
          order by sc.submission_id, lc.key, hidden, b.position) one), '[]')`.as("scores"),
    ]);
}

export async function findSubmission(db: Reader, id: number): Promise<SubmissionRow | undefined> {
  return selectSubmissions(db).where("s.id", "=", id).executeTakeFirst();
}

/** The submissions with these ids that exist, ordered by id. */
export async function findSubmissions(db: Reader, ids: number[]): Promise<SubmissionRow[]> {
  if (ids.length === 0) return [];
  return selectSubmissions(db).where("s.id", "in", ids).orderBy("s.id").execute();
}

/** The submissions with these uuids that exist. */
export async function findSubmissionsByUuid(db: Reader, uuids: readonly string[]): Promise<SubmissionRow[]> {
  if (uuids.length === 0) return [];
  return selectSubmissions(db).where("s.uuid", "in", uuids).execute();
}

/** Some submissions whose uuids begin so. */
export async function findSubmissionsByPrefix(db: Reader, prefix: string, limit: number): Promise<SubmissionRow[]> {
  return selectSubmissions(db).where("s.uuid", "like", `${prefix}%`).orderBy("s.uuid").limit(limit).execute();
}

/** Those of some uuids that submissions have. */
export async function uuidsOfSubmissions(db: Reader, uuids: readonly string[]): Promise<string[]> {
  if (uuids.length === 0) return [];
  const found = await db.selectFrom("submissions").select("uuid").where("uuid", "in", uuids).execute();
  return found.map(({ uuid }) => uuid);
}

/** The uuids of submissions, by their ids. */
export async function uuidsById(db: Reader, ids: number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const found = await db.selectFrom("submissions").select(["id", "uuid"]).where("id", "in", ids).execute();
  return new Map(found.map(({ id, uuid }) => [id, uuid]));
}

/** The submission that a job runs, with what is needed to end it. */
export async function findSubmissionOfJob(db: Reader, jobId: string) {
  return selectEnding(db).where("s.job_id", "=", jobId).executeTakeFirst();
}

/** A submission with what is needed to end it. */
export async function findEnding(db: Reader, id: number) {
  return selectEnding(db).where("s.id", "=", id).executeTakeFirst();
}

function selectEnding(db: Reader) {
  return db
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .select(["s.id", "s.parent_id", "s.phase_id", "s.owner_id", "p.competition_id", "s.is_specific_task_re_run"]);
}
