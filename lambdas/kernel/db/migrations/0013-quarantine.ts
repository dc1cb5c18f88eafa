/** Quarantine: jobs that failed in every try because of the platform wait until the queue's owner replays or drops them. */
export const sql = `
alter table jobs add column quarantined_when timestamptz, add check (quarantined_when is null or state = 'failed');
create index jobs_quarantined on jobs (queue_id, quarantined_when) where quarantined_when is not null;
`;
