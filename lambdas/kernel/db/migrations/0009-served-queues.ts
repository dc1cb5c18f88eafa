/**
 * Who serves a queue, and its limits. The platform's workers serve queues with capacity profiles; the owner's workers serve the
 * others. A token without a queue belongs to the platform's own workers. Before this migration, owners served all queues of
 * organizers, even those with a profile.
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
