/**
 * What attempts cost line by line, what was spent in each month, and monthly budgets. A scope is `platform`, with an empty key,
 * `queue`, with its id, or `group`, with the key that jobs have for it. Months are those of UTC, such as `2026-01`.
 */
export const sql = `
alter table attempts add column cost_lines jsonb, add column paid_by text;

create table spending (
  scope text not null check (scope in ('group', 'platform', 'queue')),
  key text not null,
  month text not null,
  microusd bigint not null default 0,
  running_microusd bigint not null default 0,
  primary key (scope, key, month)
);

create table budgets (
  scope text not null check (scope in ('group', 'platform', 'queue')),
  key text not null,
  label text not null,
  monthly_microusd bigint not null check (monthly_microusd >= 0),
  set_by integer references users (id) on delete set null,
  is_of_administrator boolean not null,
  changed_when timestamptz not null default now(),
  warned_month text,
  warned_percent integer not null default 0,
  primary key (scope, key)
);
`;
