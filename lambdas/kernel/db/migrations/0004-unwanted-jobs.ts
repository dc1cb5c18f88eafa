/** Jobs whose submission was deleted while they ran: what they leave is erased when they are over. */
export const sql = `
alter table jobs add column unwanted boolean not null default false;
`;
