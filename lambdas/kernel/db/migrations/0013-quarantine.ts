/** Jobs whose tries the platform or its workers used up: until the queue's owner has replayed or dropped them. */
export const sql = `
alter table jobs add column quarantined_when timestamptz, add check (quarantined_when is null or state = 'failed');
create index jobs_quarantined on jobs (queue_id, quarantined_when) where quarantined_when is not null;
`;
