/** The MD5 of a solution that a bundle brought. It is null for solutions of before, and for those made of a dataset that was there. */
export const sql = `
alter table solutions add column md5 text;
`;
