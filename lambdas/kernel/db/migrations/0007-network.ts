/** Marks competitions whose organizers ask for a network for their programs. The administrator may forbid it. */
export const sql = `
alter table competitions add column enable_network boolean not null default false;
`;
