/** How many entries the index of a worksheet bundle has. */
export const sql = `
-- Counted while an upload arrives, so that empty files, which store no byte, have a limit as well.
alter table bundle_contents add column entries integer not null default 0 check (entries >= 0);
update bundle_contents c set entries = f.entries
  from (select content_id, count(*)::int as entries from bundle_files group by content_id) f where f.content_id = c.id;
`;
