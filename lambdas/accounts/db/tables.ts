// Kysely types of the tables of users, tokens, mail, organizations and the audit trail.
import type { ColumnType, Generated } from "kysely";
import type { BigInteger, Json, Now, Timestamp } from "../../kernel/db/schema.ts";
import type { OrganizationGroup } from "../../policy/policy.ts";
import type { Scope } from "../../policy/scopes.ts";
import type { AnnouncementLevel } from "../rules/announcement.ts";
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
  passkeys: PasskeysTable;
  passkey_challenges: PasskeyChallengesTable;
  audit_events: AuditEventsTable;
  account_deletions: AccountDeletionsTable;
  blocked_names: BlockedNamesTable;
  account_exports: AccountExportsTable;
  hand_overs: HandOversTable;
  announcements: AnnouncementsTable;
  news_posts: NewsPostsTable;
  maintenance: MaintenanceTable;
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
  /** What a banned person is told. */
  ban_reason: string | null;
  /** When the ban ends by itself. Null: never. */
  banned_until: Timestamp | null;
  /** How many queues the person may own. Null: as many as the platform allows everybody. */
  queue_limit: number | null;
  /** How many bytes the person may store. Null: as many as the platform allows everybody. */
  storage_quota_bytes: BigInteger | null;
  created_when: Now;
  /** When somebody last used the account, to within five minutes. */
  last_seen: Timestamp | null;
  first_name: string | null;
  last_name: string | null;
  title: string | null;
  location: string | null;
  biography: string | null;
  personal_url: string | null;
  linkedin_url: string | null;
  twitter_url: string | null;
  github_url: string | null;
  /** Key of the photo in the uploads bucket, and of the same in small. A photo from before there were two sizes has no small one. */
  photo_key: string | null;
  photo_icon_key: string | null;
  organizer_direct_message_updates: Generated<boolean>;
  allow_forum_notifications: Generated<boolean>;
  allow_organization_invite_emails: Generated<boolean>;
  /** Off until the person turns it on. */
  email_on_submission_finished: Generated<boolean>;
  /** The key that signs the person's links that stop a kind of mail. */
  mail_key: Generated<string>;
  /** The address that was last shown to be theirs. It counts while it equals `email`. */
  confirmed_email: string | null;
  /** When the account was deleted. Its row stays for what others depend on. */
  deleted_when: Timestamp | null;
}

interface ApiTokensTable {
  token_hash: Buffer;
  user_id: number;
  /** A token is sent in a header, a session in a cookie. None is accepted in place of another. */
  kind: Generated<"token" | "session" | "impersonation" | "access" | "refresh">;
  /** The administrator who acts as the user in this session. */
  impersonator_id: Generated<number | null>;
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
  /** As those of a user. */
  photo_key: string | null;
  photo_icon_key: string | null;
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

interface PasskeysTable {
  id: Generated<string>;
  user_id: number;
  /** What its owner calls it. */
  name: string;
  credential_id: Buffer;
  public_key: Buffer;
  /** How often it was used, as it says itself, as a text because it is a bigint. */
  counter: string;
  created_when: Now;
  last_used: Timestamp | null;
}

/** What browsers are to answer with a passkey. */
interface PasskeyChallengesTable {
  challenge_hash: Buffer;
  /** Who registers a passkey. Null: somebody shows one. */
  user_id: number | null;
  expires_at: Timestamp;
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

/** What administrators tell everybody, above every page. */
interface AnnouncementsTable {
  id: Generated<number>;
  /** Markdown. */
  text: string;
  level: AnnouncementLevel;
  starts_at: Timestamp;
  /** Null: until it is deleted. */
  ends_at: Timestamp | null;
  created_by: number | null;
  created_when: Now;
}

interface NewsPostsTable {
  id: Generated<number>;
  title: string;
  /** Markdown. */
  text: string;
  /** From then on, everybody may read it. */
  published_at: Timestamp;
  created_by: number | null;
  created_when: Now;
}

/** The table has one row while the platform is in maintenance mode. */
interface MaintenanceTable {
  singleton: Generated<boolean>;
  message: string | null;
  planned_end: Timestamp | null;
  began_when: Now;
  began_by: number | null;
}

/** Rows are added and never changed. */
interface AuditEventsTable {
  id: Generated<string>;
  created_when: Now;
  /** Null for the platform itself. */
  actor_id: number | null;
  /** The administrator who acted as the actor. */
  impersonator_id: Generated<number | null>;
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

/** Accounts that are about to be deleted, and deleted ones whose belongings are being erased. */
interface AccountDeletionsTable {
  user_id: number;
  /** Of the mail with the link that confirms. Null when it was confirmed. */
  token_hash: Buffer | null;
  expires_at: Timestamp | null;
  asked_when: Now;
  /** Null until it was confirmed. */
  erase_when: Timestamp | null;
  /** When the last message to erase it was sent. */
  sent_when: Timestamp | null;
}

/** Names and addresses of deleted accounts that nobody may take yet. */
interface BlockedNamesTable {
  /** A hash of the name or address. */
  key: Buffer;
  until: Timestamp;
}

/** How far an export has come. */
export interface ExportProgress {
  /** The zips that are written: their keys in the uploads bucket. */
  parts: { key: string; size: number }[];
  /** Files that are too large for a zip. */
  large: { bucket: "uploads" | "jobs"; key: string; path: string; size: number }[];
  /** Where the next zip begins; null at the beginning. */
  after: string | null;
  /** Whether the first zip, with all that is no file, is written. */
  begun: boolean;
}

interface AccountExportsTable {
  id: Generated<number>;
  user_id: number;
  status: Generated<"Starting" | "Exporting" | "Finished" | "Failed">;
  details: string | null;
  progress: ColumnType<ExportProgress, string | undefined, string>;
  attempt: Generated<number>;
  /** Attempts in a row that wrote no zip. */
  failures: Generated<number>;
  lease_until: Timestamp | null;
  created_when: Now;
  /** When its files are deleted. Null until it has ended. */
  expires_at: Timestamp | null;
}

/** Offers to hand something over, which has exactly one of the three ids. */
interface HandOversTable {
  id: Generated<string>;
  competition_id: number | null;
  queue_id: string | null;
  organization_id: number | null;
  from_id: number;
  to_id: number;
  created_when: Now;
  expires_at: Timestamp;
}
