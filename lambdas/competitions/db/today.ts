import { sql } from "kysely";
import type { Db } from "../../kernel/db/connection.ts";
import { everybody } from "./counts.ts";

/** What waits for the organizers of a competition, and what goes on there. */
export interface Today {
  pending_participants: number;
  /** Submissions that an organizer has to start. */
  to_start: number;
  waiting: number;
  running: number;
  /** Submissions of the last 24 hours, and which of them failed. */
  submitted_last_day: number;
  failed_last_day: number;
  /** Submissions that the platform could not run. */
  quarantined: number;
}

/** Counts parents and single submissions of a competition that are not deleted. */
export async function countToday(db: Db, competitionId: number): Promise<Today> {
  const { rows } = await sql<Today>`
    select (select coalesce(sum(n), 0)::int from participant_counts
        where competition_id = ${competitionId} and status = 'pending') as pending_participants,
      numbers.to_start, numbers.waiting, numbers.running, lately.submitted_last_day, lately.failed_last_day,
      (select count(*)::int from jobs j join submissions s on s.job_id = j.id join phases p on p.id = s.phase_id
        where j.quarantined_when is not null and p.competition_id = ${competitionId} and not s.is_soft_deleted) as quarantined
    from (
      select coalesce(sum(k.n) filter (where k.status = 'Submitting'), 0)::int as to_start,
        coalesce(sum(k.n) filter (where k.status = 'Submitted'), 0)::int as waiting,
        coalesce(sum(k.n) filter (where k.status in ('Preparing', 'Running', 'Scoring')), 0)::int as running
      from phases p join submission_counts k on k.phase_id = p.id
      where p.competition_id = ${competitionId} and k.owner_id = ${everybody} and not k.is_child and not k.is_soft_deleted
    ) as numbers cross join (
      select count(*)::int as submitted_last_day, (count(*) filter (where s.status = 'Failed'))::int as failed_last_day
      from phases p join submissions s on s.phase_id = p.id
      where p.competition_id = ${competitionId} and s.parent_id is null and not s.is_soft_deleted
        and s.created_when > now() - interval '1 day'
    ) as lately`.execute(db);
  return rows[0]!;
}
