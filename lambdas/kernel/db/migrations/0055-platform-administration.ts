/** What administrators say to everybody, maintenance mode, the place of competitions in lists, and indexes for administrators. */
export const sql = `
create table announcements (
  id integer generated always as identity primary key,
  text text not null,
  level text not null check (level in ('info', 'warning', 'critical')),
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  created_by integer references users on delete set null,
  created_when timestamptz not null default now()
);
create table news_posts (
  id integer generated always as identity primary key,
  title text not null,
  text text not null,
  published_at timestamptz not null,
  created_by integer references users on delete set null,
  created_when timestamptz not null default now()
);
create index news_posts_published on news_posts (published_at, id);
-- It has one row while the platform is in maintenance mode.
create table maintenance (
  singleton boolean primary key default true check (singleton),
  message text,
  planned_end timestamptz,
  began_when timestamptz not null default now(),
  began_by integer references users on delete set null
);
alter table competitions
  add column listing text not null default 'listed' check (listing in ('listed', 'unlisted', 'withheld')),
  add column listing_reason text;
alter table competitions add constraint competitions_withheld check (not (published and listing = 'withheld'));
create index submissions_status on submissions (status, id);
create index attempts_host on attempts (host);
create index competitions_created on competitions (created_when);
create index submissions_created on submissions (created_when, id) where parent_id is null;
create index audit_events_created on audit_events (created_when);
create index audit_events_kind on audit_events (kind, id);
create index mails_status on mails (status, id);
create index mails_people on mails using gin ((recipients || blind_copies));
`;
