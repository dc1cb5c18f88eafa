/**
 * Mail addresses that people have shown to be theirs, and the tokens of the mails that ask for it. An address is
 * confirmed while `confirmed_email` equals `email`, so a change of the address takes the confirmation away.
 */
export const sql = `
alter table users add column confirmed_email text;

create table mailed_tokens (
  token_hash bytea primary key,
  user_id integer not null references users on delete cascade,
  email text not null,
  created_when timestamptz not null default now(),
  expires_at timestamptz not null
);
create index mailed_tokens_user on mailed_tokens (user_id);
`;
