/** Nothing is added to a deleted account in the tables that migration 0048 does not name either: passkeys, and acting as somebody. */
const owners: [table: string, column: string][] = [
  ["api_tokens", "impersonator_id"],
  ["passkeys", "user_id"],
  ["passkey_challenges", "user_id"],
];

export const sql = owners
  .map(
    ([table, column]) =>
      `create trigger ${table}_of_deleted_${column} before insert or update of ${column} on ${table}
  for each row when (new.${column} is not null) execute function refuse_for_deleted_account('${column}');`,
  )
  .join("\n");
