/**
 * Where steps run: the capacity profile of the step that a job runs or runs next, which decides whether a claim would find a
 * place; what capacity providers lacked when they were asked last; and an index that finds the last job that ended.
 */
export const sql = `
alter table jobs add column profile text;
create index jobs_finished on jobs (finished_when) where finished_when is not null;

create table capacity_providers (
  name text primary key,
  lacking text not null,
  lacking_since timestamptz not null default now(),
  failures integer not null default 1,
  retry_when timestamptz not null
);
`;
