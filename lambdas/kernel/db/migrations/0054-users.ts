/** What administrators find out about accounts, and acting as somebody else. */
export const sql = `
-- When somebody last used the account, to within five minutes.
alter table users add column last_seen timestamptz;
update users set last_seen = seen.last_used
  from (select user_id, max(last_used) as last_used from api_tokens group by user_id) as seen
  where seen.user_id = users.id;
create index users_created on users (created_when, id);
create index users_last_seen on users (last_seen, id);
create index users_superusers on users (id) where is_superuser;
create index users_bots on users (id) where is_bot;
create index users_banned on users (id) where is_banned;
create index users_unconfirmed on users (id) where confirmed_email is distinct from email;
create index users_with_quota on users (id) where storage_quota_bytes is not null;
create index if not exists datasets_creator on datasets (created_by);
create index if not exists audit_events_actor on audit_events (actor_id, id);
create index if not exists audit_events_subject on audit_events (subject_kind, subject_id, id);

-- A session in which an administrator acts as somebody else. Functions of the release before do not know the kind, and so take
-- no such session for one of the person.
alter table api_tokens drop constraint api_tokens_kind_check;
alter table api_tokens
  add constraint api_tokens_kind_check check (kind in ('token', 'session', 'impersonation')),
  add column impersonator_id integer references users on delete cascade,
  add check ((kind = 'impersonation') = (impersonator_id is not null));

-- The administrator who acted as the actor.
alter table audit_events add column impersonator_id integer references users;
`;
