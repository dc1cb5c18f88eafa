/** People's accounts at identity providers. */
export const sql = `
-- A person's accounts at identity providers.
create table identities (
  provider text not null,
  subject text not null,
  user_id integer not null references users on delete cascade,
  created_when timestamptz not null default now(),
  last_used timestamptz not null default now(),
  primary key (provider, subject)
);
create index identities_user on identities (user_id);

-- Answers of identity providers that were used, so that none is used twice.
create table used_sign_ins (
  key bytea primary key,
  until timestamptz not null
);
create index used_sign_ins_until on used_sign_ins (until);

-- The identity provider that made the membership, and may end it.
alter table memberships add column provider text;
`;
