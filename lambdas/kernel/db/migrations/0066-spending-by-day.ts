/** Finds the attempts that ended in the last days. */
export const sql = `
create index attempts_ended on attempts (ended_when) where cost_microusd is not null;
`;
