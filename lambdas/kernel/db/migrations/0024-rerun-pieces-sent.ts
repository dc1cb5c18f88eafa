/** When the last message for a piece of a rerun was sent, so that the sweeper can replace a lost message. */
export const sql = `
alter table rerun_pieces add column sent_when timestamptz not null default now();
`;
