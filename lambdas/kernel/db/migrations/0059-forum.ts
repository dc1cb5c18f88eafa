/** The forum of each competition: threads, posts, reports, and what each person has read and gets mail about. */
export const sql = `
create table forum_threads (
  id integer generated always as identity primary key,
  competition_id integer not null references competitions on delete cascade,
  -- Null: a deleted user.
  author_id integer references users on delete set null,
  title text not null,
  is_pinned boolean not null default false,
  is_locked boolean not null default false,
  created_when timestamptz not null default now(),
  -- Of its posts, so that a list of threads reads none of them.
  post_count integer not null default 0,
  last_post_id integer not null default 0,
  last_post_when timestamptz not null default now()
);
create index forum_threads_list on forum_threads (competition_id, is_pinned desc, last_post_when desc, id desc);
create index forum_threads_author on forum_threads (author_id);
create index forum_threads_words on forum_threads using gin (to_tsvector('simple', title));

create table forum_posts (
  id integer generated always as identity primary key,
  thread_id integer not null references forum_threads on delete cascade,
  author_id integer references users on delete set null,
  -- Markdown. Empty after the post was removed.
  text text not null,
  created_when timestamptz not null default now(),
  edited_when timestamptz,
  removed_when timestamptz,
  removed_by text check (removed_by in ('author', 'organizer')),
  removal_reason text,
  check ((removed_when is null) = (removed_by is null))
);
create index forum_posts_thread on forum_posts (thread_id, id);
create index forum_posts_author on forum_posts (author_id);
create index forum_posts_words on forum_posts using gin (to_tsvector('simple', text));

create table forum_reports (
  post_id integer not null references forum_posts on delete cascade,
  user_id integer not null references users on delete cascade,
  reason text,
  created_when timestamptz not null default now(),
  primary key (post_id, user_id)
);
create index forum_reports_user on forum_reports (user_id);

create table forum_follows (
  thread_id integer not null references forum_threads on delete cascade,
  user_id integer not null references users on delete cascade,
  wants_mail boolean not null default false,
  -- The last post that the person has read, and the last one that a mail told of. 0: none.
  read_post_id integer not null default 0,
  mailed_post_id integer not null default 0,
  mailed_when timestamptz,
  -- When the next mail is to be written.
  due_when timestamptz,
  primary key (thread_id, user_id)
);
create index forum_follows_user on forum_follows (user_id);
create index forum_follows_due on forum_follows (due_when) where due_when is not null;

-- Nothing is added to a deleted account (migration 0048).
create trigger forum_threads_of_deleted before insert on forum_threads
  for each row execute function refuse_for_deleted_account('author_id');
create trigger forum_posts_of_deleted before insert on forum_posts
  for each row execute function refuse_for_deleted_account('author_id');
create trigger forum_reports_of_deleted before insert on forum_reports
  for each row execute function refuse_for_deleted_account('user_id');
create trigger forum_follows_of_deleted before insert on forum_follows
  for each row execute function refuse_for_deleted_account('user_id');
`;
