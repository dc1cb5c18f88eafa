/** Logins of image registries, sealed with a public key. Only the platform's own workers have the key to open them. */
export const sql = `
create table sealing_key (
  singleton boolean primary key default true check (singleton),
  public_key text not null
);
create table registry_logins (
  queue_id uuid not null references queues,
  registry text not null,
  username text not null,
  sealed text not null,
  changed_by integer references users on delete set null,
  changed_when timestamptz not null default now(),
  primary key (queue_id, registry)
);
create index on registry_logins (changed_by);
`;
