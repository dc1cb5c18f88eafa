/** Competitions on whose leaderboards nobody but the organizers sees names, and what the names in their place are made of. */
export const sql = `
alter table competitions
  add column anonymous_leaderboard boolean not null default false,
  add column pseudonym_key uuid not null default gen_random_uuid();
`;
