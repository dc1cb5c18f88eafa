/**
 * What people need to keep their logins in order: tokens and sessions have an id, a name, scopes and their last use; mailed
 * tokens have a purpose; failed tries to log in, to sign up and to reset a password are counted.
 */
export const sql = `
alter table api_tokens add column id uuid not null default gen_random_uuid();
alter table api_tokens add column name text;
-- Null: a token may do what its user may do.
alter table api_tokens add column scopes text[];
alter table api_tokens add column last_used timestamptz;
alter table api_tokens add column user_agent text;
create unique index api_tokens_id on api_tokens (id);

alter table mailed_tokens add column purpose text not null default 'confirm'
  check (purpose in ('confirm', 'change', 'reset'));

-- Rows are worth nothing to who reads them: the key is a hash of what is counted.
create table throttles (
  key bytea primary key,
  tries integer not null,
  last_try timestamptz not null,
  blocked_until timestamptz not null
);
create index throttles_last_try on throttles (last_try);

-- From where people have logged in lately. The key is a hash as well.
create table known_senders (
  key bytea primary key,
  until timestamptz not null
);
create index known_senders_until on known_senders (until);
`;
