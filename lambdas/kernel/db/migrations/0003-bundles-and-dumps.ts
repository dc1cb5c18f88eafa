/** The progress of unpacking, which lets it continue after a pause or crash; uploads in parts; and dumps. */
export const sql = `
alter table competition_creations
  add column attempt integer not null default 0,
  add column failures integer not null default 0,
  add column progress jsonb;
create unique index competition_creations_open on competition_creations (dataset_id)
  where status in ('Starting', 'Unpacking');

alter table datasets add column upload_id text;

create table competition_dumps (
  id integer generated always as identity primary key,
  competition_id integer references competitions on delete set null,
  created_by integer not null references users,
  with_files boolean not null,
  status text not null default 'Starting' check (status in ('Starting', 'Dumping', 'Finished', 'Failed')),
  details text,
  key uuid not null,
  object_key text not null,
  dataset_id integer references datasets on delete cascade,
  attempt integer not null default 0,
  lease_until timestamptz,
  created_when timestamptz not null default now()
);
create index competition_dumps_competition on competition_dumps (competition_id, id);
create unique index competition_dumps_open on competition_dumps (competition_id, with_files)
  where status in ('Starting', 'Dumping');
`;
