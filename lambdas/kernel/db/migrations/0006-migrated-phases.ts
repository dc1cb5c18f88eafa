/** Which phases have got what migrates to them by itself: that happens once. */
export const sql = `
alter table phases add column migrated_when timestamptz;
`;
