/** Profiles, sessions, shared queues and tasks, mail, and the soft deletion, queue and migration of submissions. */
export const sql = `
alter table users
  add column first_name text,
  add column last_name text,
  add column title text,
  add column location text,
  add column biography text,
  add column personal_url text,
  add column linkedin_url text,
  add column twitter_url text,
  add column github_url text,
  add column photo_key text,
  add column organizer_direct_message_updates boolean not null default true,
  add column allow_forum_notifications boolean not null default true,
  add column allow_organization_invite_emails boolean not null default true;

alter table api_tokens
  add column kind text not null default 'token' check (kind in ('token', 'session'));

alter table queues add column deleted_when timestamptz;
create table queue_organizers (
  queue_id uuid not null references queues on delete cascade,
  user_id integer not null references users on delete cascade,
  primary key (queue_id, user_id)
);

create table task_shares (
  task_id integer not null references tasks on delete cascade,
  user_id integer not null references users on delete cascade,
  primary key (task_id, user_id)
);

alter table datasets
  add column downloads integer not null default 0,
  add column is_verified boolean not null default false;

alter table submissions
  alter column data_id drop not null,
  add column soft_deleted_when timestamptz,
  add column queue_id uuid references queues,
  add column migrated_from_id integer references submissions on delete set null,
  drop constraint submissions_task_id_fkey,
  add foreign key (task_id) references tasks on delete set null;
create index submissions_data on submissions (data_id);
create unique index submissions_migrated on submissions (migrated_from_id, phase_id);

create table mails (
  id bigint generated always as identity primary key,
  recipients text[] not null,
  blind_copies text[] not null default '{}',
  subject text not null,
  body text not null,
  created_when timestamptz not null default now(),
  sent_when timestamptz
);
create index mails_unsent on mails (id) where sent_when is null;
`;
