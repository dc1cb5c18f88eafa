/** Fills a leaderboard without running anything, for tests of how it looks and how it is read. */
import { sql } from "kysely";
import type { Competition } from "../../../client/api-client.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";

/**
 * Adds participants with a finished submission on the leaderboard of the competition's first phase, and one of each person who takes part
 * already and has none there. The participants are called `name` with a number. Their scores follow from their number, so every run of a test has the same board.
 */
export async function fillBoard(
  { db }: Context,
  { phases }: Competition,
  count: number,
  name = "model",
): Promise<void> {
  const phase = phases[0]!.id;
  await sql`
    with added as (
      insert into users (username, email)
      select ${name}::text || '-' || n, ${name}::text || '-' || n || '@example.org' from generate_series(1, ${count}::integer) n returning id
    ), joined as (
      insert into participants (competition_id, user_id, status)
      select p.competition_id, u.id, 'approved' from added u, phases p where p.id = ${phase} returning id, user_id
    ), everybody as (
      select id, user_id from joined
      union all
      select pa.id, pa.user_id from participants pa join phases p using (competition_id)
        where p.id = ${phase} and pa.status = 'approved' and not exists (
          select from submissions s where s.phase_id = ${phase} and s.owner_id = pa.user_id and s.on_leaderboard)
    ), parents as (
      insert into submissions (phase_id, owner_id, participant_id, status, has_children, on_leaderboard, data_id,
        fact_sheet_answers, created_when, submitted_when)
      select ${phase}, user_id, id, 'Finished', true, true, (select min(id) from datasets),
        jsonb_build_object('method', 'kNN, k=' || (user_id % 9 + 1), 'pretrained', user_id % 3 = 0),
        moment, moment
      from everybody, lateral (select now() - make_interval(mins => (user_id * 7919) % 40000) as moment) m
      returning id, owner_id, participant_id, submitted_when
    )
    insert into submissions (phase_id, owner_id, participant_id, status, parent_id, task_id, data_id, on_leaderboard, created_when, submitted_when)
    select ${phase}, owner_id, participant_id, 'Finished', pa.id, pt.task_id, (select min(id) from datasets), true, submitted_when, submitted_when
    from parents pa, phase_tasks pt where pt.phase_id = ${phase}`.execute(db);
  await sql`
    insert into submission_scores (submission_id, column_id, score)
    select s.id, c.id,
      case when c.key = 'mistakes' then (s.owner_id * 31 + s.task_id) % 60
        else round(1 - power(((s.owner_id * 131 + s.task_id * 17) % 97 + 1) / 100.0, 2) - c.index * 0.012, 4) end
    from submissions s
    join phases p on p.id = s.phase_id
    join leaderboards l on l.competition_id = p.competition_id
    join leaderboard_columns c on c.leaderboard_id = l.id
    where s.phase_id = ${phase} and s.parent_id is not null
    on conflict do nothing`.execute(db);
}
