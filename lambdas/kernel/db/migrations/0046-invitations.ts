/** Invitations to sign up. Only hashes of their tokens are stored. */
export const sql = `
create table invitations (
  id uuid primary key default gen_random_uuid(),
  token_hash bytea not null unique,
  email text not null,
  -- Null: the person asked for it.
  invited_by integer references users on delete cascade,
  created_when timestamptz not null default now(),
  expires_at timestamptz not null
);
create index invitations_email on invitations (lower(email), created_when);
`;
