/**
 * Organizations, whose members submit for them. In some competitions an organization is a team that shares limits. There, a
 * participant takes part alone or with one organization.
 */
export const sql = `
create table organizations (
  id integer generated always as identity primary key,
  name text not null,
  email text not null,
  photo_key text,
  location text,
  description text,
  website_url text,
  linkedin_url text,
  twitter_url text,
  github_url text,
  created_when timestamptz not null default now()
);
create unique index organizations_name on organizations (lower(name));
create unique index organizations_email on organizations (lower(email));

create table memberships (
  id integer generated always as identity primary key,
  organization_id integer not null references organizations on delete cascade,
  user_id integer not null references users on delete cascade,
  "group" text not null check ("group" in ('OWNER', 'MANAGER', 'PARTICIPANT', 'MEMBER', 'INVITED')),
  token uuid not null unique default gen_random_uuid(),
  joined_when timestamptz not null default now(),
  unique (organization_id, user_id)
);
create index memberships_user on memberships (user_id);

alter table competitions add column teams_share_limits boolean not null default false;
alter table participants add column organization_id integer references organizations on delete set null;
create index participants_organization on participants (organization_id, competition_id) where organization_id is not null;
alter table submissions add column organization_id integer references organizations;
create index submissions_organization on submissions (organization_id, phase_id) where organization_id is not null;
`;
