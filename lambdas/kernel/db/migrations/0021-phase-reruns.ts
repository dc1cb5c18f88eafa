/** Submissions of a phase that are to run again, as many to a row as one transaction makes. */
export const sql = `
create table rerun_pieces (
  id integer generated always as identity primary key,
  phase_id integer not null references phases on delete cascade,
  submissions integer[] not null,
  asked_by integer references users on delete set null,
  reason text,
  created_when timestamptz not null default now()
);
`;
