/** What remains of parents and single submissions that were deleted: they still count against the limits of their phase. */
export const sql = `
create table deleted_submissions (
  id integer primary key,
  phase_id integer not null references phases on delete cascade,
  owner_id integer not null references users on delete cascade,
  organization_id integer references organizations on delete set null,
  created_when timestamptz not null
);
create index deleted_submissions_phase on deleted_submissions (phase_id, owner_id);
`;
