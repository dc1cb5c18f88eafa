// Kysely types of the tables of users, tokens, mail, organizations and the audit trail.
import type { Generated } from "kysely";
import type { Json, Now, Timestamp } from "../../kernel/db/schema.ts";
import type { OrganizationGroup } from "../../policy/policy.ts";
import type { Scope } from "../../policy/scopes.ts";
import type { AuditKind, AuditSubject, Fields } from "../rules/audit.ts";

declare module "../../kernel/db/schema.ts" {
  interface Database extends AccountsTables {}
}

interface AccountsTables {
  users: UsersTable;
  api_tokens: ApiTokensTable;
  mailed_tokens: MailedTokensTable;
  mails: MailsTable;
  throttles: ThrottlesTable;
  known_senders: KnownSendersTable;
  organizations: OrganizationsTable;
  memberships: MembershipsTable;
  identities: IdentitiesTable;
  used_sign_ins: UsedSignInsTable;
  invitations: InvitationsTable;
  second_factors: SecondFactorsTable;
  recovery_codes: RecoveryCodesTable;
  audit_events: AuditEventsTable;
}

interface UsersTable {
  id: Generated<number>;
  username: string;
  email: string;
  password_hash: string | null;
  display_name: string | null;
  is_superuser: Generated<boolean>;
  is_bot: Generated<boolean>;
  is_banned: Generated<boolean>;
  created_when: Now;
  first_name: string | null;
  last_name: string | null;
  title: string | null;
  location: string | null;
  biography: string | null;
  personal_url: string | null;
  linkedin_url: string | null;
  twitter_url: string | null;
  github_url: string | null;
  photo_key: string | null;
  organizer_direct_message_updates: Generated<boolean>;
  allow_forum_notifications: Generated<boolean>;
  allow_organization_invite_emails: Generated<boolean>;
  /** The address that was last shown to be theirs. It counts while it equals `email`. */
  confirmed_email: string | null;
}

interface ApiTokensTable {
  token_hash: Buffer;
  user_id: number;
  /** A token is sent in a header, a session in a cookie. Neither is accepted in place of the other. */
  kind: Generated<"token" | "session">;
  created_when: Now;
  expires_at: Timestamp;
  id: Generated<string>;
  /** What its user calls it. */
  name: string | null;
  /** Null: everything that the user may do. */
  scopes: Scope[] | null;
  /** Written down once in five minutes. */
  last_used: Timestamp | null;
  /** The program that asked for it. */
  user_agent: string | null;
}

/** Tokens that were mailed to an address. Each can be used once. */
interface MailedTokensTable {
  token_hash: Buffer;
  user_id: number;
  /** The address that it was mailed to. */
  email: string;
  /** To confirm the own address, to change to the address that it was mailed to, or to set a new password. */
  purpose: Generated<"confirm" | "change" | "reset">;
  created_when: Now;
  expires_at: Timestamp;
}

/** Tries of what is limited. */
interface ThrottlesTable {
  /** A hash of what is limited, and for whom. */
  key: Buffer;
  tries: number;
  last_try: Timestamp;
  blocked_until: Timestamp;
}

/** From where people have logged in lately. */
interface KnownSendersTable {
  /** A hash of the person and the address. */
  key: Buffer;
  until: Timestamp;
}

interface MailsTable {
  id: Generated<string>;
  recipients: string[];
  /** Recipients whom the other recipients do not see. */
  blind_copies: Generated<string[]>;
  reply_to: string | null;
  subject: string;
  /** Plain text. Texts by organizers may contain Markdown. */
  body: string;
  unsubscribe_url: string | null;
  /** Whether the body has a link that acts for its reader, and is deleted when the mail was sent. */
  is_secret: Generated<boolean>;
  created_when: Now;
  /** `kept` mail is never sent, because the platform sent no mail when it was written. */
  status: Generated<"kept" | "waiting" | "sending" | "sent" | "failed">;
  /** When a mailer last began to send it. */
  taken_when: Timestamp | null;
  sent_when: Timestamp | null;
  /** The error of the last attempt to send it. */
  problem: string | null;
}

interface OrganizationsTable {
  id: Generated<number>;
  name: string;
  email: string;
  /** Key of the photo in the uploads bucket. */
  photo_key: string | null;
  location: string | null;
  description: string | null;
  website_url: string | null;
  linkedin_url: string | null;
  twitter_url: string | null;
  github_url: string | null;
  created_when: Now;
}

interface MembershipsTable {
  id: Generated<number>;
  organization_id: number;
  user_id: number;
  group: OrganizationGroup;
  /** The token in the invitation's link. Only the invited person can use it. */
  token: Generated<string>;
  joined_when: Now;
  /** The identity provider that made the membership, and may end it. */
  provider: string | null;
}

/** People's accounts at identity providers. */
interface IdentitiesTable {
  provider: string;
  /** The person's id there. */
  subject: string;
  user_id: number;
  created_when: Now;
  last_used: Now;
}

interface SecondFactorsTable {
  user_id: number;
  secret: Buffer;
  /** Null until a first code has shown that the app has the secret. */
  confirmed_when: Timestamp | null;
  /** The time step of the last code, as a text because it is a bigint. */
  last_step: string | null;
}

interface RecoveryCodesTable {
  user_id: number;
  code_hash: Buffer;
}

/** Invitations to sign up. */
interface InvitationsTable {
  id: Generated<string>;
  token_hash: Buffer;
  email: string;
  /** Null: the person asked for it. */
  invited_by: number | null;
  created_when: Now;
  expires_at: Timestamp;
}

/** Answers of identity providers that were used. */
interface UsedSignInsTable {
  key: Buffer;
  until: Timestamp;
}

/** Rows are added and never changed. */
interface AuditEventsTable {
  id: Generated<string>;
  created_when: Now;
  /** Null for the platform itself. */
  actor_id: number | null;
  /** At most one of these three is set; none for the platform. The event stays when the object is deleted. */
  competition_id: number | null;
  queue_id: string | null;
  organization_id: number | null;
  kind: AuditKind;
  subject_kind: AuditSubject;
  subject_id: string;
  before: Json<Fields> | null;
  after: Json<Fields> | null;
  reason: string | null;
}
