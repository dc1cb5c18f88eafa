/** The id of the request that asked for a job. All logs about the job contain it. */
export const sql = `
alter table jobs add column correlation_id text;
`;
