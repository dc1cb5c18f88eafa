/**
 * Storage limits of a phase: the size limit of a submission, and whether the files of submissions that are neither the best nor
 * the last are deleted.
 */
export const sql = `
alter table phases
  add column max_submission_size integer check (max_submission_size > 0),
  add column delete_submissions_except_best_and_last boolean not null default false;
alter table submissions
  add column files_deleted_when timestamptz,
  add column storage_settled boolean not null default false;
create index submissions_unsettled on submissions (phase_id, owner_id)
  where status = 'Finished' and parent_id is null and not storage_settled;
`;
