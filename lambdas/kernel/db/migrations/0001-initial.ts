/**
 * The first schema. Ids that people see are small integers as in Codabench; ids that only programs see are UUIDs.
 * A migration that has been released is never edited: a later one expands, and one after that contracts.
 */
export const sql = `
create table users (
  id integer generated always as identity primary key,
  username text not null,
  email text not null,
  password_hash text,
  display_name text,
  is_superuser boolean not null default false,
  is_bot boolean not null default false,
  is_banned boolean not null default false,
  created_when timestamptz not null default now()
);
create unique index users_username on users (lower(username));
create unique index users_email on users (lower(email));

create table api_tokens (
  token_hash bytea primary key,
  user_id integer not null references users on delete cascade,
  created_when timestamptz not null default now(),
  expires_at timestamptz not null
);
create index api_tokens_user on api_tokens (user_id);

create table queues (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  sqs_name text not null unique,
  owner_id integer references users,
  is_public boolean not null default false,
  is_default boolean not null default false,
  created_when timestamptz not null default now()
);
create unique index queues_one_default on queues (is_default) where is_default;

create table worker_tokens (
  id uuid primary key default gen_random_uuid(),
  token_hash bytea not null unique,
  queue_id uuid not null references queues on delete cascade,
  name text not null,
  created_when timestamptz not null default now(),
  revoked_when timestamptz
);

create table workers (
  id text not null,
  queue_id uuid not null references queues on delete cascade,
  instance text not null,
  host text not null,
  launcher text not null,
  slots integer not null,
  version text not null,
  last_seen timestamptz not null default now(),
  primary key (queue_id, id)
);

create table datasets (
  id integer generated always as identity primary key,
  key uuid not null unique default gen_random_uuid(),
  created_by integer not null references users,
  type text not null,
  name text not null,
  description text,
  license text,
  is_public boolean not null default false,
  file_name text not null,
  file_size bigint,
  object_key text not null,
  upload_completed_when timestamptz,
  was_created_by_competition boolean not null default false,
  competition_id integer,
  created_when timestamptz not null default now(),
  unique (created_by, name)
);

create table competitions (
  id integer generated always as identity primary key,
  title text not null,
  description text not null default '',
  terms text not null default '',
  logo_key text,
  docker_image text not null,
  queue_id uuid references queues on delete set null,
  registration_auto_approve boolean not null default false,
  enable_detailed_results boolean not null default false,
  show_detailed_results_in_submission_panel boolean not null default true,
  show_detailed_results_in_leaderboard boolean not null default true,
  auto_run_submissions boolean not null default true,
  can_participants_make_submissions_public boolean not null default true,
  make_programs_available boolean not null default false,
  make_input_data_available boolean not null default false,
  allow_robot_submissions boolean not null default false,
  competition_type text not null default 'competition',
  reward text,
  contact_email text,
  report text,
  forum_enabled boolean not null default true,
  is_featured boolean not null default false,
  fact_sheet jsonb,
  whitelist_emails text[] not null default '{}',
  published boolean not null default false,
  secret_key uuid not null default gen_random_uuid(),
  bundle_dataset_id integer references datasets on delete set null,
  created_by integer not null references users,
  created_when timestamptz not null default now()
);
alter table datasets add foreign key (competition_id) references competitions on delete set null;

create table competition_collaborators (
  competition_id integer not null references competitions on delete cascade,
  user_id integer not null references users on delete cascade,
  primary key (competition_id, user_id)
);

create table pages (
  id integer generated always as identity primary key,
  competition_id integer not null references competitions on delete cascade,
  index integer not null,
  title text not null,
  content text not null
);
create index pages_competition on pages (competition_id, index);

create table tasks (
  id integer generated always as identity primary key,
  key uuid not null unique default gen_random_uuid(),
  name text not null,
  description text,
  created_by integer not null references users,
  created_when timestamptz not null default now(),
  is_public boolean not null default false,
  ingestion_only_during_scoring boolean not null default false,
  scoring_program_id integer references datasets,
  ingestion_program_id integer references datasets,
  input_data_id integer references datasets,
  reference_data_id integer references datasets
);

create table solutions (
  id integer generated always as identity primary key,
  key uuid not null unique default gen_random_uuid(),
  name text not null,
  description text,
  dataset_id integer not null references datasets,
  created_by integer not null references users
);
create table solution_tasks (
  solution_id integer not null references solutions on delete cascade,
  task_id integer not null references tasks on delete cascade,
  primary key (solution_id, task_id)
);

create table phases (
  id integer generated always as identity primary key,
  competition_id integer not null references competitions on delete cascade,
  index integer not null,
  name text not null,
  description text,
  starts_at timestamptz not null,
  ends_at timestamptz,
  execution_time_limit integer not null,
  max_submissions_per_day integer,
  max_submissions_per_person integer,
  auto_migrate_to_this_phase boolean not null default false,
  hide_output boolean not null default false,
  hide_prediction_output boolean not null default false,
  hide_score_output boolean not null default false,
  public_data_id integer references datasets,
  starting_kit_id integer references datasets
);
create index phases_competition on phases (competition_id, index);

create table phase_tasks (
  phase_id integer not null references phases on delete cascade,
  task_id integer not null references tasks,
  order_index integer not null,
  primary key (phase_id, task_id)
);

create table leaderboards (
  id integer generated always as identity primary key,
  competition_id integer not null unique references competitions on delete cascade,
  title text not null,
  key text not null,
  submission_rule text not null,
  hidden boolean not null default false,
  primary_index integer not null default 0
);
create table leaderboard_columns (
  id integer generated always as identity primary key,
  leaderboard_id integer not null references leaderboards on delete cascade,
  index integer not null,
  title text not null,
  key text not null,
  sorting text not null,
  precision integer not null,
  hidden boolean not null,
  computation text,
  computation_indexes integer[],
  unique (leaderboard_id, key)
);

create table participants (
  id integer generated always as identity primary key,
  competition_id integer not null references competitions on delete cascade,
  user_id integer not null references users on delete cascade,
  status text not null,
  created_when timestamptz not null default now(),
  unique (competition_id, user_id)
);

create table competition_creations (
  id integer generated always as identity primary key,
  dataset_id integer references datasets on delete set null,
  created_by integer not null references users,
  status text not null default 'Starting',
  details text,
  problems jsonb not null default '[]',
  resulting_competition integer references competitions on delete set null,
  lease_until timestamptz,
  created_when timestamptz not null default now()
);

create table jobs (
  id uuid primary key default gen_random_uuid(),
  queue_id uuid not null references queues,
  state text not null default 'ready' check (state in ('ready', 'leased', 'succeeded', 'failed', 'cancelled')),
  spec jsonb not null,
  priority smallint not null default 0,
  owner_key text not null,
  group_key text not null,
  attempt_number integer not null default 0,
  released_attempts integer not null default 0,
  attempt_id uuid,
  lease_until timestamptz,
  leased_when timestamptz,
  ready_when timestamptz not null default now(),
  rung_when timestamptz not null default now(),
  cancel_requested_when timestamptz,
  failure jsonb,
  created_when timestamptz not null default now(),
  finished_when timestamptz,
  check ((state = 'leased') = (lease_until is not null))
);
create index jobs_ready on jobs (queue_id, created_when) where state = 'ready';
create index jobs_leased on jobs (lease_until) where state = 'leased';
create index jobs_served on jobs (queue_id, leased_when);

create table attempts (
  id uuid primary key,
  job_id uuid not null references jobs on delete cascade,
  number integer not null,
  worker_id text not null,
  worker_instance text not null,
  host text not null,
  launcher text not null,
  progress jsonb,
  report jsonb,
  outcome text,
  failure jsonb,
  cost_microusd bigint,
  started_when timestamptz not null default now(),
  ended_when timestamptz,
  unique (job_id, number)
);
create index attempts_open on attempts (worker_id) where ended_when is null;

create table late_reports (
  id bigint generated always as identity primary key,
  attempt_id uuid not null references attempts on delete cascade,
  kind text not null,
  body jsonb not null,
  received_when timestamptz not null default now()
);

create table outbox (
  id bigint generated always as identity primary key,
  queue_name text not null,
  body jsonb not null,
  written_by xid8 not null default pg_current_xact_id(),
  created_when timestamptz not null default now(),
  sent_when timestamptz
);
create index outbox_unsent on outbox (id) where sent_when is null;

create table submissions (
  id integer generated always as identity primary key,
  phase_id integer not null references phases,
  owner_id integer not null references users,
  participant_id integer not null references participants,
  data_id integer not null references datasets,
  task_id integer references tasks,
  parent_id integer references submissions on delete cascade,
  has_children boolean not null default false,
  status text not null default 'Submitting',
  status_details text,
  failure_code text,
  warnings text[] not null default '{}',
  description text,
  fact_sheet_answers jsonb,
  is_public boolean not null default false,
  is_specific_task_re_run boolean not null default false,
  is_soft_deleted boolean not null default false,
  on_leaderboard boolean not null default false,
  md5 text,
  job_id uuid unique references jobs,
  created_when timestamptz not null default now(),
  started_when timestamptz,
  finished_when timestamptz
);
create index submissions_phase on submissions (phase_id, id);
create index submissions_owner on submissions (owner_id, phase_id, created_when);
create index submissions_parent on submissions (parent_id) where parent_id is not null;
create index submissions_board on submissions (phase_id) where on_leaderboard;

create table submission_scores (
  id integer generated always as identity primary key,
  submission_id integer not null references submissions on delete cascade,
  column_id integer not null references leaderboard_columns on delete cascade,
  score numeric(20, 10) not null,
  unique (submission_id, column_id)
);
`;
