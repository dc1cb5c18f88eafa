/** Links that stop a kind of mail, and mail about submissions that have ended. */
export const sql = `
alter table users
  -- Signs the links in mail that stop a kind of mail.
  add column mail_key text not null default gen_random_uuid()::text || gen_random_uuid()::text,
  add column email_on_submission_finished boolean not null default false;

-- Ended submissions of people who want mail about them.
create table submission_mails (
  submission_id integer primary key references submissions on delete cascade,
  user_id integer not null references users on delete cascade,
  ended_when timestamptz not null default now(),
  mailed_when timestamptz
);
create index submission_mails_user on submission_mails (user_id, mailed_when);
create index submission_mails_due on submission_mails (ended_when) where mailed_when is null;
`;
