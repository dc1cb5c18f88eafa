/** Records which phases have received their automatic migration, which happens once. */
export const sql = `
alter table phases add column migrated_when timestamptz;
`;
