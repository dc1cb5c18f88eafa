/**
 * Hosts that owners request for their queues. A request that was approved becomes a capacity provider at run time, and its
 * `profile` a capacity profile of the queue.
 */
export const sql = `
create table capacity_requests (
  id uuid primary key default gen_random_uuid(),
  queue_id uuid not null references queues (id),
  requested_by integer references users (id) on delete set null,
  instance_type text not null,
  hosts integer not null check (hosts > 0),
  spot boolean not null,
  monthly_microusd bigint not null check (monthly_microusd > 0),
  why text,
  profile jsonb not null,
  state text not null default 'requested' check (state in
    ('requested', 'refused', 'approved', 'creating', 'ready', 'stopping', 'removed', 'failed')),
  problem text,
  tries integer not null default 0,
  decided_by integer references users (id) on delete set null,
  created_when timestamptz not null default now(),
  changed_when timestamptz not null default now()
);
create unique index capacity_requests_open on capacity_requests (queue_id)
  where state not in ('refused', 'removed');
`;
