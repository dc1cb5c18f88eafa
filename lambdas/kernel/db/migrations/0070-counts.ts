/**
 * How many submissions and participants there are of each kind, kept by the statements that change them (decision 50), and indexes that
 * have submissions in the order of lists. A change adds rows and locks none, so that nobody waits for a counter. The sweeper folds
 * them together, and a number is always the sum of its rows.
 */
export const sql = `
create table submission_counts (
  phase_id integer not null,
  -- 0 for everybody together.
  owner_id integer not null,
  -- 0 for none.
  task_id integer not null,
  status text not null,
  is_child boolean not null,
  is_soft_deleted boolean not null,
  on_leaderboard boolean not null,
  n integer not null,
  is_folded boolean not null default false
);
create index submission_counts_phase on submission_counts (phase_id, owner_id);
create index submission_counts_owner on submission_counts (owner_id);
create index submission_counts_unfolded on submission_counts (phase_id, owner_id) where not is_folded;

-- The role of workers may not write counts, and an earlier release does not know them. So the functions run with the owner's rights.
create function count_submissions() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'INSERT' then
    insert into submission_counts (phase_id, owner_id, task_id, status, is_child, is_soft_deleted, on_leaderboard, n)
      select s.phase_id, whose.id, coalesce(s.task_id, 0), s.status, s.parent_id is not null, s.is_soft_deleted, s.on_leaderboard, count(*)
      from new_rows s cross join lateral (values (s.owner_id), (0)) as whose (id) group by 1, 2, 3, 4, 5, 6, 7;
  elsif tg_op = 'DELETE' then
    insert into submission_counts (phase_id, owner_id, task_id, status, is_child, is_soft_deleted, on_leaderboard, n)
      select s.phase_id, whose.id, coalesce(s.task_id, 0), s.status, s.parent_id is not null, s.is_soft_deleted, s.on_leaderboard, -count(*)
      from old_rows s cross join lateral (values (s.owner_id), (0)) as whose (id) group by 1, 2, 3, 4, 5, 6, 7;
  else
    insert into submission_counts (phase_id, owner_id, task_id, status, is_child, is_soft_deleted, on_leaderboard, n)
      select s.phase_id, whose.id, coalesce(s.task_id, 0), s.status, s.parent_id is not null, s.is_soft_deleted, s.on_leaderboard, sum(s.n)
      from (select *, 1 as n from new_rows union all select *, -1 from old_rows) as s
      cross join lateral (values (s.owner_id), (0)) as whose (id) group by 1, 2, 3, 4, 5, 6, 7 having sum(s.n) <> 0;
  end if;
  return null;
end $$;
create trigger submissions_inserted after insert on submissions
  referencing new table as new_rows for each statement execute function count_submissions();
create trigger submissions_updated after update on submissions
  referencing old table as old_rows new table as new_rows for each statement execute function count_submissions();
create trigger submissions_deleted after delete on submissions
  referencing old table as old_rows for each statement execute function count_submissions();
insert into submission_counts (phase_id, owner_id, task_id, status, is_child, is_soft_deleted, on_leaderboard, n)
  select s.phase_id, whose.id, coalesce(s.task_id, 0), s.status, s.parent_id is not null, s.is_soft_deleted, s.on_leaderboard, count(*)
  from submissions s cross join lateral (values (s.owner_id), (0)) as whose (id) group by 1, 2, 3, 4, 5, 6, 7;

create table participant_counts (
  competition_id integer not null,
  status text not null,
  n integer not null,
  is_folded boolean not null default false
);
create index participant_counts_competition on participant_counts (competition_id);
create index participant_counts_unfolded on participant_counts (competition_id) where not is_folded;
create function count_participants() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'INSERT' then
    insert into participant_counts (competition_id, status, n)
      select competition_id, status, count(*) from new_rows group by 1, 2;
  elsif tg_op = 'DELETE' then
    insert into participant_counts (competition_id, status, n)
      select competition_id, status, -count(*) from old_rows group by 1, 2;
  else
    insert into participant_counts (competition_id, status, n)
      select competition_id, status, sum(n)
      from (select competition_id, status, 1 as n from new_rows union all select competition_id, status, -1 from old_rows) as p
      group by 1, 2 having sum(n) <> 0;
  end if;
  return null;
end $$;
create trigger participants_inserted after insert on participants
  referencing new table as new_rows for each statement execute function count_participants();
create trigger participants_updated after update on participants
  referencing old table as old_rows new table as new_rows for each statement execute function count_participants();
create trigger participants_deleted after delete on participants
  referencing old table as old_rows for each statement execute function count_participants();
insert into participant_counts (competition_id, status, n) select competition_id, status, count(*) from participants group by 1, 2;

-- When the sweeper last compared the counts with what they count.
create table counts_checked (
  singleton boolean primary key default true check (singleton),
  checked_when timestamptz not null default now()
);
insert into counts_checked default values;

create index submissions_owner_latest on submissions (owner_id, id);
create index submissions_phase_status on submissions (phase_id, status, id);
create index submissions_phase_finished on submissions (phase_id, finished_when, id);
create index submissions_board_latest on submissions (id) where on_leaderboard;
create index submissions_soft_deleted on submissions (phase_id, id) where is_soft_deleted;
create index participants_status on participants (competition_id, status);
`;
