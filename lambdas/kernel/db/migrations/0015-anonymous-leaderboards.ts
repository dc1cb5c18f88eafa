/** Anonymous leaderboards: only organizers see names. Also the key from which the pseudonyms are made. */
export const sql = `
alter table competitions
  add column anonymous_leaderboard boolean not null default false,
  add column pseudonym_key uuid not null default gen_random_uuid();
`;
