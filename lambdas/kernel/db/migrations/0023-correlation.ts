/** The id of the request that asked for a job, which logs tell of all that follows from it. */
export const sql = `
alter table jobs add column correlation_id text;
`;
