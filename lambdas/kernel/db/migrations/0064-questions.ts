/** Jobs whose program somebody ended, and questions about the files of running attempts. */
export const sql = `
alter table jobs add column ending_message text;

create table questions (
  id uuid primary key,
  attempt_id uuid not null,
  step text not null,
  question jsonb not null,
  asked_when timestamptz not null default now()
);
create index questions_attempt on questions (attempt_id);
create index questions_asked on questions (asked_when);
`;
