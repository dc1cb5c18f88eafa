/**
 * The time of EC2 hosts. `hosts` says until when each host was counted, and `host_providers` how many seconds of the hosts of a
 * capacity provider are in no bill yet. `hosts_microusd` is the part of `microusd` that was spent on hosts without a step.
 */
export const sql = `
create table hosts (
  id text primary key,
  counted_until timestamptz not null
);
create table host_providers (
  name text primary key,
  open_seconds double precision not null default 0
);
alter table spending add column hosts_microusd bigint not null default 0;
create index launches_provider
  on launches ((request #>> '{capacityProviderStrategy,0,capacityProvider}'), created_when);
`;
