/** Passkeys (WebAuthn), and the challenges that browsers are to answer with them. */
export const sql = `
create table passkeys (
  id uuid primary key default gen_random_uuid(),
  user_id integer not null references users on delete cascade,
  name text not null,
  credential_id bytea not null unique,
  public_key bytea not null,
  -- How often it was used, as it says itself. Always 0 for a passkey that is on several devices.
  counter bigint not null,
  created_when timestamptz not null default now(),
  last_used timestamptz
);
create index on passkeys (user_id);

create table passkey_challenges (
  challenge_hash bytea primary key,
  -- Who registers a passkey. Null: somebody shows one.
  user_id integer references users on delete cascade,
  expires_at timestamptz not null
);
create index on passkey_challenges (expires_at);
`;
