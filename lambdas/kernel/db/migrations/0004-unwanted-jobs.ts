/** Marks jobs whose submission was deleted while they ran. Their output is erased when they have ended. */
export const sql = `
alter table jobs add column unwanted boolean not null default false;
`;
