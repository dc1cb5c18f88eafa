/**
 * Keeps uploads where nobody can replace them, and finds what is left over: uploads that were replaced after they were kept, and
 * the files of attempts that lost their job.
 */
export const sql = `
alter table datasets add column incoming_key text, add column upload_key text;
create index datasets_incoming on datasets (created_when) where incoming_key is not null;
alter table attempts add column erase_when timestamptz;
create index attempts_erase on attempts (erase_when) where erase_when is not null;
update attempts a set erase_when = now() + interval '1 day'
  where exists (select from attempts later where later.job_id = a.job_id and later.number > a.number);
`;
