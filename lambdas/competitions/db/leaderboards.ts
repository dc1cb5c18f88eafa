import { sql, type Transaction } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { namedOrganization, pseudonymKey } from "./submissions.ts";
import { findLeaderboard } from "./competitions.ts";
import { countedRuns, isCounted } from "./counted-runs.ts";
import type { Contestants } from "./teams.ts";

type Reader = Db | Transaction<Database>;

/** The runs on a phase's leaderboard that count, with what is needed to rank and show them. */
export async function leaderboardEntries(db: Reader, phaseId: number) {
  return db
    .selectFrom("submissions as s")
    .innerJoin("users as u", "u.id", "s.owner_id")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .leftJoin("organizations as o", "o.id", "s.organization_id")
    .select([
      "s.id",
      "s.parent_id",
      "s.task_id",
      "s.owner_id",
      "u.username as owner",
      "u.photo_key",
      "u.photo_icon_key",
      sql<string>`coalesce(nullif(u.display_name, ''), u.username)`.as("display_name"),
      namedOrganization,
      pseudonymKey,
      "s.created_when",
      "s.submitted_when",
      "s.fact_sheet_answers",
    ])
    .where("s.phase_id", "=", phaseId)
    .where("s.on_leaderboard", "=", true)
    .where("s.has_children", "=", false)
    .where("s.is_soft_deleted", "=", false)
    .where("s.is_specific_task_re_run", "=", false)
    .where(isCounted("s"))
    .orderBy("s.id")
    .execute();
}

/**
 * Reads the leaderboards of a competition and locks the primary one until the transaction ends: `share` lets others
 * change the rows of other contestants meanwhile, `update` lets nobody change rows. Jobs are locked before it,
 * participants and submissions after it.
 */
export async function lockLeaderboard(tx: Transaction<Database>, competitionId: number, mode: "share" | "update") {
  const query = tx.selectFrom("leaderboards").select("id").where("competition_id", "=", competitionId);
  await (mode === "share" ? query.forShare() : query.forNoKeyUpdate()).execute();
  return findLeaderboard(tx, competitionId);
}

/** What a competition's form changes besides the leaderboard and what decides the leaderboard's rows as well. */
export async function settingsBesideBoard(tx: Transaction<Database>, competitionId: number) {
  return tx
    .selectFrom("competitions as c")
    .select([
      "c.teams_share_limits",
      sql<string[]>`array(
        select pt.phase_id || ' ' || pt.task_id from phase_tasks pt join phases p on p.id = pt.phase_id
        where p.competition_id = c.id order by pt.phase_id, pt.task_id)`.as("phase_tasks"),
      // A form can only approve people, so the number changes if it does.
      sql<number>`(select count(*)::int from participants pa
        where pa.competition_id = c.id and pa.status = 'approved')`.as("approved"),
    ])
    .where("c.id", "=", competitionId)
    .executeTakeFirst();
}

/** A submission to a phase with what decides whether it is on the leaderboard: a parent or a single one. */
export interface RowCandidate {
  id: number;
  phase_id: number;
  owner_id: number;
  /** The team to which it counts. Null for its owner alone. */
  team_id: number | null;
  first_run_id: number;
  submitted_when: Date;
  is_finished: boolean;
  on_leaderboard: boolean;
  kept_off_leaderboard: boolean;
  is_soft_deleted: boolean;
  is_approved: boolean;
  is_specific_task_re_run: boolean;
  /** The runs that count: itself or children. None if the phase no longer has its tasks. */
  runs: number[];
}

/**
 * The submissions of a competition, or of one of its phases, that are or could be on the leaderboard: of everybody, or
 * of some contestants. Where teams share limits, a submission for a team counts to the team, and one for nobody to the
 * team of its owner.
 */
export async function rowCandidates(
  tx: Transaction<Database>,
  scope: { competitionId: number; phaseId: number | null; contestants: Contestants | null },
): Promise<RowCandidate[]> {
  const { competitionId, phaseId, contestants } = scope;
  const near = contestants
    ? sql`(s.owner_id = any(${contestants.ownerIds}::int[]) or s.organization_id = any(${contestants.organizationIds}::int[]))`
    : sql`true`;
  const theirs = contestants
    ? sql`case when team_id is null then owner_id = any(${contestants.ownerIds}::int[])
        else team_id = any(${contestants.organizationIds}::int[]) end`
    : sql`true`;
  const { rows } = await sql<RowCandidate>`
    with candidates as (
      select s.id, s.phase_id, s.owner_id, coalesce(s.first_run_id, s.id) as first_run_id, s.submitted_when,
        s.status = 'Finished' as is_finished, s.on_leaderboard, s.kept_off_leaderboard, s.is_soft_deleted,
        pa.status = 'approved' as is_approved, s.is_specific_task_re_run,
        ${countedRuns("s")} as runs,
        case when c.teams_share_limits then coalesce(
          (select t.organization_id from participants t
            where t.competition_id = c.id and t.organization_id = s.organization_id limit 1),
          pa.organization_id) end as team_id
      from competitions c
        join phases p on p.competition_id = c.id
        join submissions s on s.phase_id = p.id
        join participants pa on pa.id = s.participant_id
      where c.id = ${competitionId} and (${phaseId}::int is null or p.id = ${phaseId}) and s.parent_id is null
        and (s.status = 'Finished' or s.on_leaderboard or s.kept_off_leaderboard) and ${near})
    select * from candidates where ${theirs} order by id`.execute(tx);
  return rows;
}

/**
 * Puts submissions, and the children of parents among them, on the leaderboard of their phase or removes them. Returns
 * the ids of parents and single submissions whose state changed.
 */
export async function setOnLeaderboard(
  tx: Transaction<Database>,
  submissionIds: number[],
  onLeaderboard: boolean,
): Promise<number[]> {
  if (submissionIds.length === 0) return [];
  const { rows } = await sql<{ id: number; parent_id: number | null }>`
    update submissions set on_leaderboard = ${onLeaderboard}
    where id in (
      select id from submissions
      where (id = any(${submissionIds}::int[]) or parent_id = any(${submissionIds}::int[]))
        and on_leaderboard <> ${onLeaderboard}
      order by id for no key update)
    returning id, parent_id`.execute(tx);
  return rows.flatMap(({ id, parent_id }) => (parent_id === null ? [id] : [])).sort((a, b) => a - b);
}

/** Keeps a submission and its reruns off the leaderboard, or no longer does. Returns false if nothing changes. */
export async function setKeptOff(
  tx: Transaction<Database>,
  submissionId: number,
  isKeptOff: boolean,
): Promise<boolean> {
  const { rows } = await sql<{ id: number }>`
    update submissions set kept_off_leaderboard = ${isKeptOff}
    where id in (
      select s.id from submissions s join submissions one on one.id = ${submissionId}
      where s.phase_id = one.phase_id and s.parent_id is null
        and coalesce(s.first_run_id, s.id) = coalesce(one.first_run_id, one.id)
        and s.kept_off_leaderboard <> ${isKeptOff}
      order by s.id for no key update of s)
    returning id`.execute(tx);
  return rows.length > 0;
}
