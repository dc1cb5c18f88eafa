/** What administrators set of an account. */
export const sql = `
alter table users
  -- Null unless the account is banned. A ban without an end is until it is taken back.
  add column ban_reason text,
  add column banned_until timestamptz,
  -- Null: what the platform allows everybody.
  add column queue_limit integer check (queue_limit >= 0),
  add column storage_quota_bytes bigint check (storage_quota_bytes >= 0);
`;
