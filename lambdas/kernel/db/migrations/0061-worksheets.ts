/** Worksheets, their bundles and groups, and the logins of `cl` (docs/worksheets.md, decision 43). */
export const sql = `
-- The two tokens of OAuth2. Functions of the release before do not know these kinds, and so accept none of them.
alter table api_tokens drop constraint api_tokens_kind_check;
alter table api_tokens
  add constraint api_tokens_kind_check check (kind in ('token', 'session', 'impersonation', 'access', 'refresh'));

-- What only worksheets know of a person. Who has no row has the defaults.
create table worksheet_users (
  user_id integer primary key references users on delete cascade,
  -- Whether the person may use worksheets in protected mode.
  has_access boolean not null default false,
  affiliation text,
  -- Of mail: 0 none, 1 important, 2 all.
  notifications integer not null default 2 check (notifications between 0 and 2),
  -- Null: as everybody.
  time_quota_seconds bigint check (time_quota_seconds >= 0),
  parallel_run_quota integer check (parallel_run_quota >= 0)
);

-- How long runs have used the platform's workers. What a person has used is the sum of their rows.
create table run_seconds (
  id bigint generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  bundle_uuid text not null,
  seconds double precision not null check (seconds >= 0),
  created_when timestamptz not null default now()
);
create index run_seconds_user on run_seconds (user_id) include (seconds);

create table worksheet_groups (
  id bigint generated always as identity primary key,
  uuid text not null unique check (uuid ~ '^0x[0-9a-f]{32}$'),
  name text not null unique,
  -- Null: the group \`public\`, in which everybody is, also who is not logged in.
  owner_id integer references users on delete cascade,
  created_when timestamptz not null default now()
);
create index worksheet_groups_owner on worksheet_groups (owner_id);
create unique index worksheet_groups_public on worksheet_groups ((owner_id is null)) where owner_id is null;
insert into worksheet_groups (uuid, name) values ('0x' || replace(gen_random_uuid()::text, '-', ''), 'public');

create table worksheet_group_members (
  group_id bigint not null references worksheet_groups on delete cascade,
  user_id integer not null references users on delete cascade,
  is_admin boolean not null default false,
  primary key (group_id, user_id)
);
create index worksheet_group_members_user on worksheet_group_members (user_id);

create table worksheets (
  id bigint generated always as identity primary key,
  uuid text not null unique check (uuid ~ '^0x[0-9a-f]{32}$'),
  name text not null unique,
  owner_id integer not null references users,
  title text,
  tags text[] not null default '{}',
  frozen_when timestamptz,
  is_anonymous boolean not null default false,
  created_when timestamptz not null default now(),
  changed_when timestamptz not null default now()
);
create index worksheets_owner on worksheets (owner_id);
create index worksheets_tags on worksheets using gin (tags);

create table worksheet_items (
  id bigint generated always as identity primary key,
  worksheet_id bigint not null references worksheets on delete cascade,
  type text not null check (type in ('markup', 'directive', 'bundle', 'worksheet')),
  -- No foreign keys: an item stays when what it shows is deleted.
  bundle_uuid text,
  subworksheet_uuid text,
  value text not null default '',
  -- The place on the worksheet. Items that were added at its end have none, and come after it in the order of their ids.
  sort_key bigint,
  check ((type = 'bundle') = (bundle_uuid is not null)),
  check ((type = 'worksheet') = (subworksheet_uuid is not null))
);
create index worksheet_items_order on worksheet_items (worksheet_id, coalesce(sort_key, id), id);
create index worksheet_items_bundle on worksheet_items (bundle_uuid) where bundle_uuid is not null;
create index worksheet_items_subworksheet on worksheet_items (subworksheet_uuid) where subworksheet_uuid is not null;

create table worksheet_permissions (
  worksheet_id bigint not null references worksheets on delete cascade,
  group_id bigint not null references worksheet_groups on delete cascade,
  -- 1: read, 2: all.
  permission integer not null check (permission in (1, 2)),
  primary key (worksheet_id, group_id)
);
create index worksheet_permissions_group on worksheet_permissions (group_id);

create table bundles (
  id bigint generated always as identity primary key,
  uuid text not null unique check (uuid ~ '^0x[0-9a-f]{32}$'),
  type text not null check (type in ('dataset', 'program', 'make', 'run')),
  owner_id integer not null references users,
  command text,
  state text not null,
  metadata jsonb not null default '{}',
  frozen_when timestamptz,
  is_anonymous boolean not null default false,
  job_id uuid,
  -- How the contents are stored. Null: there are none.
  content text check (content in ('file', 'archive', 'link')),
  content_key text,
  -- Bytes of the contents. They count for the owner's quota.
  data_size bigint not null default 0 check (data_size >= 0),
  -- How many bytes the client of an upload has announced. They count until the upload has ended.
  announced_bytes bigint not null default 0 check (announced_bytes >= 0),
  created_when timestamptz not null default now(),
  changed_when timestamptz not null default now()
);
create index bundles_owner on bundles (owner_id, id desc) include (data_size);
create index bundles_job on bundles (job_id) where job_id is not null;
create index bundles_name on bundles ((metadata ->> 'name'));
create index bundles_state on bundles (state) where state not in ('ready', 'failed', 'killed');
create index bundles_command on bundles (owner_id, md5(command)) where command is not null;

create table bundle_dependencies (
  child_id bigint not null references bundles on delete cascade,
  position integer not null,
  child_path text not null,
  -- No foreign key: the parent may be deleted, or not be there yet.
  parent_uuid text not null,
  parent_path text not null default '',
  primary key (child_id, position)
);
create index bundle_dependencies_parent on bundle_dependencies (parent_uuid);

create table bundle_permissions (
  bundle_id bigint not null references bundles on delete cascade,
  group_id bigint not null references worksheet_groups on delete cascade,
  permission integer not null check (permission in (1, 2)),
  primary key (bundle_id, group_id)
);
create index bundle_permissions_group on bundle_permissions (group_id);

-- What was created and perhaps not answered, so that a repeated request gets the first answer.
create table worksheet_creations (
  user_id integer not null references users on delete cascade,
  request_hash bytea not null,
  answer jsonb not null,
  created_when timestamptz not null default now(),
  primary key (user_id, request_hash)
);
create index worksheet_creations_created on worksheet_creations (created_when);

-- Nothing is added to a deleted account (migration 0048).
${[
  ["worksheet_users", "user_id"],
  ["worksheet_groups", "owner_id"],
  ["worksheet_group_members", "user_id"],
  ["worksheets", "owner_id"],
  ["bundles", "owner_id"],
  ["worksheet_creations", "user_id"],
]
  .map(
    ([table, column]) => `create trigger ${table}_of_deleted before insert or update of ${column} on ${table}
  for each row execute function refuse_for_deleted_account('${column}');`,
  )
  .join("\n")}
`;
