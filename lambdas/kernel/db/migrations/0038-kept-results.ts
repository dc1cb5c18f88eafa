/** Where the files of an attempt were copied to when its report arrived. Its worker cannot replace them there. */
export const sql = `
alter table attempts add column kept_prefix text;
`;
