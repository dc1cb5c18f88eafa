/**
 * The audit trail. Rows are added and never changed: the roles of functions lack the permission (`roles.ts`), and a trigger
 * refuses the owner. The rows of a competition stay when it is deleted.
 *
 * Also the extra submissions that organizers grant participants beyond the limits of a phase.
 */
export const sql = `
create table audit_events (
  id bigint generated always as identity primary key,
  created_when timestamptz not null default now(),
  actor_id integer references users,
  competition_id integer not null,
  kind text not null,
  subject_kind text not null,
  subject_id text not null,
  before jsonb,
  after jsonb,
  reason text
);
create index audit_events_competition on audit_events (competition_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are added and never changed', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_events_append_only before update or delete or truncate on audit_events
  for each statement execute function refuse_change();

create table submission_grants (
  id integer generated always as identity primary key,
  phase_id integer not null references phases on delete cascade,
  participant_id integer not null references participants on delete cascade,
  per_day integer not null check (per_day >= 0),
  per_person integer not null check (per_person >= 0),
  reason text,
  granted_by integer not null references users,
  created_when timestamptz not null default now(),
  check (per_day + per_person > 0)
);
create index submission_grants_participant on submission_grants (participant_id, phase_id);
create index submission_grants_phase on submission_grants (phase_id);
`;
