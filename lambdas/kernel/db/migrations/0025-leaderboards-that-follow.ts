/**
 * What decides the rows of a leaderboard: when a submission was submitted, of which submission it is a rerun, and whether
 * an organizer keeps it off; and how a leaderboard ranks submissions to several tasks. A first run may have been deleted,
 * so it is not a reference. The functions of the previous release leave all of it at its defaults.
 */
export const sql = `
alter table submissions
  add column submitted_when timestamptz not null default now(),
  add column first_run_id integer,
  add column kept_off_leaderboard boolean not null default false;
update submissions s set submitted_when = coalesce(
  (select o.created_when from submissions o where o.id = s.migrated_from_id), s.created_when);

alter table leaderboards
  add column multi_task_ranking text not null default 'best_task',
  add column ranking_tasks integer[] not null default '{}';
`;
