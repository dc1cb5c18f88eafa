/** Competitions whose organizers want a network for their programs. They have it where the administrator allows it. */
export const sql = `
alter table competitions add column enable_network boolean not null default false;
`;
