/** Indexes for searches of bundles and worksheets (docs/worksheets.md, W-98). */
export const sql = `
-- The beginning of a uuid, whatever the order of the database's language.
create index bundles_uuid_prefix on bundles (uuid text_pattern_ops);
create index worksheets_uuid_prefix on worksheets (uuid text_pattern_ops);
create index bundles_metadata on bundles using gin (metadata jsonb_path_ops);
create index bundles_created on bundles (created_when);
create index bundles_size on bundles (data_size);
create index worksheets_changed on worksheets (changed_when);
`;
