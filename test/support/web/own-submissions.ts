/** Gives somebody submissions in every state without running anything. */
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";

interface State {
  status: string;
  details?: string;
  /** Of the first column. */
  score?: number;
  onBoard?: boolean;
}

/** From the oldest to the newest. */
export const everyState: State[] = [
  { status: "Finished", score: 0.61 },
  { status: "Finished", score: 0.847, onBoard: true },
  { status: "Cancelled" },
  { status: "Failed", details: "The submission's program exited with code 1: there is no column named temperature." },
  { status: "Running", details: "scoring_hostname-worker" },
  { status: "Submitted" },
];

/** Adds submissions of a participant, each to the first task of a phase, a day apart. Returns their ids in order. */
export async function addSubmissions(
  { db }: Context,
  { id: competition }: Pick<Competition, "id">,
  { phase, username, states = everyState }: { phase: number; username: string; states?: State[] },
): Promise<number[]> {
  const ids: number[] = [];
  for (const [at, { status, details = null, score, onBoard = false }] of states.entries()) {
    const days = states.length - at;
    const { rows } = await sql<{ id: number }>`
      insert into submissions (phase_id, owner_id, participant_id, status, status_details, on_leaderboard, data_id, task_id,
        created_when, submitted_when, started_when, finished_when)
      select ${phase}, u.id, pa.id, ${status}, ${details}::text, ${onBoard}, (select min(id) from datasets),
        (select min(task_id) from phase_tasks where phase_id = ${phase}), moment, moment,
        case when ${status} <> 'Submitted' then moment + interval '20 seconds' end,
        case when ${status} in ('Finished', 'Failed', 'Cancelled') then moment + make_interval(secs => 60 + ${at} * 45) end
      from users u
      join participants pa on pa.user_id = u.id and pa.competition_id = ${competition},
      lateral (select now() - make_interval(days => ${days}::integer) as moment) m
      where u.username = ${username} returning id`.execute(db);
    const [row] = rows;
    ids.push(row!.id);
    if (score !== undefined)
      await sql`
        insert into submission_scores (submission_id, column_id, score)
        select ${row!.id}, c.id, ${score}::numeric from leaderboard_columns c join leaderboards l on l.id = c.leaderboard_id
        where l.competition_id = ${competition} and c.index = 0`.execute(db);
  }
  return ids;
}
