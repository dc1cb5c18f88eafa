/** What pages show: pictures in two sizes, when each step ran, and numbers that are counted once an hour. */
export const sql = `
-- Pictures from before have one size.
alter table users add column photo_icon_key text;
alter table organizations add column photo_icon_key text;
alter table competitions add column logo_large_key text, add column logo_icon_key text;

-- When each stage of each step was first reported, by "STEP STAGE".
alter table attempts add column stages jsonb;

create table platform_counts (
  -- The table has one row.
  one boolean primary key default true check (one),
  counted_when timestamptz not null,
  competitions integer not null,
  benchmarks integer not null,
  participants integer not null,
  submissions integer not null
);
`;
