/** Gives submissions an identifier that no other object and no other platform has (docs/worksheets.md, W-170). */
export const sql = `
-- The default also names those of functions of the release before, and those that are there.
alter table submissions add column uuid text not null
  default '0x' || replace(gen_random_uuid()::text, '-', '') check (uuid ~ '^0x[0-9a-f]{32}$');
create unique index submissions_uuid on submissions (uuid);
-- The beginning of a uuid, whatever the order of the database's language.
create index submissions_uuid_prefix on submissions (uuid text_pattern_ops);
`;
