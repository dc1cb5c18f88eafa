/** Checksums of datasets, downloads that were counted, and indexes for the list of public datasets. */
export const sql = `
alter table datasets
  -- Of the file, as the object store or whoever uploaded it computed it. Null: nobody did.
  add column sha256 bytea check (length(sha256) = 32);

create table dataset_downloads (
  dataset_id integer not null references datasets on delete cascade,
  -- In UTC, as YYYY-MM-DD.
  day text not null,
  -- A hash of the person or address.
  who bytea not null,
  primary key (dataset_id, day, who)
);
create index on dataset_downloads (day);

create index datasets_published on datasets (id) where is_public and type = 'public_data';
create index datasets_most_downloaded on datasets (downloads, id) where is_public and type = 'public_data';
`;
