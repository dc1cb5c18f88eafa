/**
 * What people need to leave: exports of their data, the deletion of their account, and offers to hand over what they own. The row
 * of a deleted account stays, without anything personal, for what others depend on. Nothing is added to it any more, whatever
 * a request has checked before: a trigger waits for a deletion in progress, and then refuses.
 */
const owners: [table: string, column: string, when?: string][] = [
  ["api_tokens", "user_id"],
  ["mailed_tokens", "user_id"],
  ["identities", "user_id"],
  ["second_factors", "user_id"],
  ["recovery_codes", "user_id"],
  ["memberships", "user_id"],
  ["invitations", "invited_by"],
  ["queues", "owner_id"],
  ["queue_organizers", "user_id"],
  ["datasets", "created_by"],
  ["tasks", "created_by"],
  ["task_shares", "user_id"],
  ["solutions", "created_by"],
  ["competitions", "created_by"],
  ["competition_collaborators", "user_id"],
  ["competition_creations", "created_by"],
  ["competition_dumps", "created_by"],
  ["participants", "user_id"],
  // Organizers may run a submission again, and copy it to the next phase.
  [
    "submissions",
    "owner_id",
    "when (new.parent_id is null and new.first_run_id is null and new.migrated_from_id is null)",
  ],
  ["account_exports", "user_id"],
  ["hand_overs", "from_id"],
  ["hand_overs", "to_id"],
];

export const sql = `
alter table users add column deleted_when timestamptz;

create table account_deletions (
  user_id integer primary key references users on delete cascade,
  -- Of the mail with the link that confirms. Null when it was confirmed.
  token_hash bytea unique,
  expires_at timestamptz,
  asked_when timestamptz not null default now(),
  -- When the account is erased. Null until it was confirmed.
  erase_when timestamptz,
  -- When the last message to erase it was sent.
  sent_when timestamptz,
  check ((token_hash is null) = (erase_when is not null))
);
create index account_deletions_due on account_deletions (erase_when) where erase_when is not null;

-- Names and addresses of deleted accounts that nobody may take yet. The keys are hashes.
create table blocked_names (
  key bytea primary key,
  until timestamptz not null
);

create table account_exports (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  status text not null default 'Starting' check (status in ('Starting', 'Exporting', 'Finished', 'Failed')),
  details text,
  -- The zips that are written, the files that are too large for one, and where the next zip begins.
  progress jsonb not null default '{"parts": [], "large": [], "after": null, "begun": false}',
  attempt integer not null default 0,
  -- Attempts in a row that wrote no zip.
  failures integer not null default 0,
  lease_until timestamptz,
  created_when timestamptz not null default now(),
  expires_at timestamptz
);
create unique index account_exports_open on account_exports (user_id) where status in ('Starting', 'Exporting');
create index account_exports_user on account_exports (user_id, id);
create index account_exports_expired on account_exports (expires_at) where expires_at is not null;

create table hand_overs (
  id uuid primary key default gen_random_uuid(),
  competition_id integer unique references competitions on delete cascade,
  queue_id uuid unique references queues on delete cascade,
  organization_id integer unique references organizations on delete cascade,
  from_id integer not null references users on delete cascade,
  to_id integer not null references users on delete cascade,
  created_when timestamptz not null default now(),
  expires_at timestamptz not null,
  check (num_nonnulls(competition_id, queue_id, organization_id) = 1)
);
create index hand_overs_from on hand_overs (from_id);
create index hand_overs_to on hand_overs (to_id);

create index audit_events_actor on audit_events (actor_id, id);
create index audit_events_person on audit_events (subject_id, id) where subject_kind = 'user';
create index solutions_creator on solutions (created_by);
create index competition_creations_creator on competition_creations (created_by);

create function refuse_for_deleted_account() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  person integer := (to_jsonb(new) ->> tg_argv[0])::integer;
  deleted timestamptz;
begin
  -- Waits for a deletion in progress, and then sees what it wrote.
  select deleted_when into deleted from users where id = person for key share;
  if deleted is not null then
    raise exception 'account % is deleted', person using errcode = 'BSDEL';
  end if;
  return new;
end $$;
${owners
  .map(
    ([table, column, when = ""]) =>
      `create trigger ${table}_of_deleted_${column} before insert or update of ${column} on ${table}
  for each row ${when} execute function refuse_for_deleted_account('${column}');`,
  )
  .join("\n")}
`;
