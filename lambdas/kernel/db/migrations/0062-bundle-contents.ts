/** The contents of worksheet bundles, with an index of those that are folders (docs/worksheets.md, decision 44). */
export const sql = `
-- An object of the store with the contents of a bundle: those that it has (bundles.content_key), or those that are being written.
create table bundle_contents (
  id bigint generated always as identity primary key,
  bundle_id bigint not null references bundles on delete cascade,
  object_key text not null unique,
  -- When something was written last. What nobody writes any more is deleted.
  alive_when timestamptz not null default now()
);
create index bundle_contents_bundle on bundle_contents (bundle_id);
create index bundle_contents_alive on bundle_contents (alive_when);

-- What is in the zip of a folder. The key is also the order of listings: a folder's members stand together.
create table bundle_files (
  content_id bigint not null references bundle_contents on delete cascade,
  -- The path of the folder it is in; empty at the top.
  folder text collate "C" not null,
  name text collate "C" not null,
  type text not null check (type in ('file', 'directory', 'link')),
  -- Permission bits.
  mode integer not null,
  modified timestamptz not null,
  size bigint not null check (size >= 0),
  -- Of a link.
  target text,
  -- Of a file: where its content is in the zip, and of a large one where each piece of it begins.
  stored_start bigint,
  stored_bytes bigint,
  deflated boolean not null default false,
  points bytea,
  primary key (content_id, folder, name),
  check ((type = 'link') = (target is not null)),
  check ((type = 'file') = (stored_start is not null and stored_bytes is not null))
);
-- Compressing them gains nothing, and a part could not be read alone.
alter table bundle_files alter column points set storage external;
-- Downloads read a folder in the order of the zip.
create index bundle_files_stored on bundle_files (content_id, coalesce(stored_start, -1), folder, name);
`;
