/** The MD5 of a solution from a bundle. It is null for older solutions and for those made from an existing dataset. */
export const sql = `
alter table solutions add column md5 text;
`;
