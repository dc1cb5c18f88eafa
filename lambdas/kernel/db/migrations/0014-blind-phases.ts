/** Phases whose results nobody but the organizers sees until they unblind them. */
export const sql = `
alter table phases add column blind boolean not null default false;
`;
