/**
 * Who serves a queue: the platform's workers where it has capacity profiles, else its owner's alone; and what it is
 * limited to. A token without a queue is one of the platform's own workers. Queues of organizers were their owners' to
 * serve until now, whatever profile they had.
 */
export const sql = `
alter table queues
  alter column prediction_profile drop not null,
  alter column scoring_profile drop not null,
  add column max_running integer check (max_running > 0),
  add column max_step_seconds integer check (max_step_seconds > 0),
  add column max_submission_bytes bigint check (max_submission_bytes > 0),
  add column accepts_jobs boolean not null default true;
update queues set prediction_profile = null, scoring_profile = null where not is_default;
alter table queues add constraint queues_both_profiles check ((prediction_profile is null) = (scoring_profile is null));
alter table worker_tokens alter column queue_id drop not null, add column created_by integer references users on delete set null;
`;
