/**
 * Jobs during which a worker died, with an index that finds what else it ran; when workers and the sweeper last reached the
 * database; and indexes with which late reports are counted and deleted.
 */
export const sql = `
alter table jobs add column suspect boolean not null default false;
create index attempts_worker on attempts (worker_id, worker_instance);

create table reachability (
  singleton boolean primary key default true check (singleton),
  heard_since timestamptz not null default now(),
  heard_when timestamptz not null default now(),
  swept_since timestamptz not null default now(),
  swept_when timestamptz not null default now()
);
insert into reachability default values;

create index late_reports_attempt on late_reports (attempt_id);
create index late_reports_received on late_reports (received_when);
`;
