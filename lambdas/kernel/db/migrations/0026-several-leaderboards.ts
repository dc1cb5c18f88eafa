/**
 * Several leaderboards of a competition. The primary one belongs to the competition; the further ones belong to the
 * primary one, and have no rule of their own. So the functions of the previous release, which look for the leaderboard of
 * a competition, find the primary one only.
 */
export const sql = `
alter table leaderboards
  alter column competition_id drop not null,
  alter column submission_rule drop not null,
  add column primary_id integer references leaderboards on delete cascade,
  add column position integer not null default 0,
  add check ((competition_id is null) = (primary_id is not null)),
  add check ((competition_id is null) = (submission_rule is null));
create index leaderboards_further on leaderboards (primary_id, position) where primary_id is not null;
`;
