/**
 * The capacity profiles that the deployment offers. They were a variable of every function, and a few profiles with many
 * users filled the 4 KB that Lambda allows. Each deploy writes them.
 */
export const sql = `
create table capacity_profiles (
  name text primary key,
  profile jsonb not null,
  position integer not null
);
`;
