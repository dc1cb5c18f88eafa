/**
 * What people store: the sizes of outputs and logs, indexes from which the bytes of a person are summed, inspections of the object
 * store, and how much was stored each week.
 */
export const sql = `
-- Sizes of what an attempt left, as they were copied. Null for attempts of earlier releases.
alter table attempts add column kept_output_bytes bigint, add column kept_log_bytes bigint;
-- The same of a submission's last attempt. Null until they are counted.
alter table submissions add column output_bytes bigint, add column log_bytes bigint;
create index submissions_uncounted on submissions (id)
  where output_bytes is null and job_id is not null and finished_when is not null;
create index submissions_stored on submissions (owner_id) include (output_bytes, log_bytes)
  where output_bytes is not null and not is_soft_deleted and files_deleted_when is null;
create index datasets_stored on datasets (created_by, type, was_created_by_competition)
  include (file_size, upload_completed_when);
create index datasets_unfinished on datasets (created_when) where upload_completed_when is null;
create index competition_creations_importing on competition_creations (created_by)
  where status in ('Starting', 'Unpacking');

-- Who uses a dataset.
create index tasks_scoring_program on tasks (scoring_program_id);
create index tasks_ingestion_program on tasks (ingestion_program_id) where ingestion_program_id is not null;
create index tasks_input_data on tasks (input_data_id) where input_data_id is not null;
create index tasks_reference_data on tasks (reference_data_id) where reference_data_id is not null;
create index solutions_dataset on solutions (dataset_id);
create index phases_public_data on phases (public_data_id) where public_data_id is not null;
create index phases_starting_kit on phases (starting_kit_id) where starting_kit_id is not null;
create index competitions_bundle on competitions (bundle_dataset_id) where bundle_dataset_id is not null;
create index competition_dumps_dataset on competition_dumps (dataset_id) where dataset_id is not null;

-- In the order in which the object store lists keys.
create index datasets_object on datasets (object_key collate "C");
create index datasets_incoming_object on datasets (incoming_key collate "C") where incoming_key is not null;
create index datasets_upload_object on datasets (upload_key collate "C") where upload_key is not null;

create table store_inspections (
  id integer generated always as identity primary key,
  started_when timestamptz not null default now(),
  finished_when timestamptz,
  -- Where the next page of the listing begins.
  bucket text not null default 'uploads' check (bucket in ('uploads', 'jobs')),
  listed_to text not null default '',
  objects bigint not null default 0,
  bytes bigint not null default 0,
  -- Set when an administrator asks to delete the orphans.
  deletion_asked_when timestamptz,
  deletion_finished_when timestamptz
);
create unique index store_inspections_open on store_inspections ((true)) where finished_when is null;
create table store_findings (
  inspection_id integer not null references store_inspections on delete cascade,
  bucket text not null,
  key text not null,
  kind text not null check (kind in ('orphan', 'missing')),
  bytes bigint,
  modified_when timestamptz,
  -- What became of an orphan when it was to be deleted.
  outcome text check (outcome in ('deleted', 'kept')),
  primary key (inspection_id, kind, bucket, key)
);
create index store_findings_open on store_findings (inspection_id, bucket, key)
  where kind = 'orphan' and outcome is null;

create table storage_snapshots (
  -- Begins on Monday, 00:00 UTC.
  week timestamptz not null,
  scope text not null check (scope in ('platform', 'person', 'competition')),
  -- Id of the person or competition; 0 for the platform.
  subject_id integer not null,
  datasets_bytes bigint not null,
  submissions_bytes bigint not null,
  -- Only of the platform: of the last inspection.
  orphans_bytes bigint,
  taken_when timestamptz not null default now(),
  primary key (scope, week, subject_id)
);

-- Where a signature still allows writing although the dataset is deleted, and uploads in parts that nobody can complete.
create table left_uploads (
  key text primary key,
  -- Of S3, for an upload in parts.
  upload_id text,
  erase_when timestamptz not null
);
create index left_uploads_erase on left_uploads (erase_when);
create function remember_left_upload() returns trigger language plpgsql as $$
begin
  insert into left_uploads (key, erase_when)
    values (coalesce(old.incoming_key, old.object_key), old.created_when + interval '2 days') on conflict do nothing;
  if old.upload_id is not null then
    insert into left_uploads (key, upload_id, erase_when)
      values (coalesce(old.upload_key, old.object_key), old.upload_id, now())
      on conflict (key) do update set upload_id = excluded.upload_id;
  end if;
  return null;
end $$;
create trigger datasets_left after delete on datasets for each row
  when (old.upload_id is not null or old.created_when > now() - interval '2 days')
  execute function remember_left_upload();
`;
