/** Requests that wait for output of a run. They are counted, because each keeps a function and its connection. */
export const sql = `
create table waits (
  id bigint generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  until timestamptz not null
);
create index waits_user on waits (user_id);
`;
