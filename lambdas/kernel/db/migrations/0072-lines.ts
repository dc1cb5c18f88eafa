/**
 * Indexes that find the job of an attempt, the next job of each person who waits in a queue, when they were last served, and the
 * jobs whose attempt another worker continues (decision 50).
 */
export const sql = `
create index jobs_attempt on jobs (attempt_id) where attempt_id is not null;
create index jobs_line on jobs (queue_id, (group_key collate "C"), (owner_key collate "C"), (coalesce(profile, '') collate "C"),
  priority desc, created_when, id) where state = 'ready';
create index jobs_handed_over on jobs (queue_id) where state = 'ready' and attempt_id is not null;
create index jobs_served_owner on jobs (queue_id, owner_key, leased_when) where leased_when is not null;
create index jobs_served_group on jobs (queue_id, group_key, leased_when) where leased_when is not null;
`;
