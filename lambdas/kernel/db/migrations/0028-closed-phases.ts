/** Phases that accept no submissions at all, such as the truces between the phases of a competition of CodaLab. */
export const sql = `
alter table phases add column accepts_submissions boolean not null default true;
`;
