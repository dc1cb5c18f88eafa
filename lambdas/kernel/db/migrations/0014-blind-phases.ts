/** Blind phases: only organizers see their results until an organizer unblinds them. */
export const sql = `
alter table phases add column blind boolean not null default false;
`;
