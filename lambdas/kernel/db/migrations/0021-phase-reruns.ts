/** Submissions of a phase that wait for their rerun. Each row holds as many as one transaction reruns. */
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
