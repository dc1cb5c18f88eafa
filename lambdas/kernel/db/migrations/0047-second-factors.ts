/** Second factors. Codes are computed from the secret, so it cannot be stored as a hash. */
export const sql = `
create table second_factors (
  user_id integer primary key references users on delete cascade,
  secret bytea not null,
  -- Null until a first code has shown that the app has the secret.
  confirmed_when timestamptz,
  -- The step of the last code, which no later code may precede or repeat.
  last_step bigint
);

create table recovery_codes (
  user_id integer not null references users on delete cascade,
  code_hash bytea not null,
  primary key (user_id, code_hash)
);
`;
