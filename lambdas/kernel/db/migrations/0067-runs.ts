/** Runs of worksheets. */
export const sql = `
-- What a run may use, written down when it starts: the quotas of its owner may change until it ends.
alter table bundles add column bounds jsonb;
create index bundles_waiting on bundles (owner_id) where type = 'run' and state = 'staged' and job_id is null;
`;
