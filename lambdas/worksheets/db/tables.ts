// Kysely types of the tables of worksheets.
import type { ColumnType, Generated } from "kysely";
import type { BigInteger, Json, Now, Timestamp } from "../../kernel/db/schema.ts";
import type { BundleState, BundleType } from "../rules/bundle.ts";
import type { Metadata } from "../rules/metadata.ts";
import type { GrantedPermission } from "../rules/permission.ts";
import type { RunBounds } from "../rules/run-end.ts";

declare module "../../kernel/db/schema.ts" {
  interface Database extends WorksheetsTables {}
}

interface WorksheetsTables {
  worksheet_users: WorksheetUsersTable;
  run_seconds: RunSecondsTable;
  worksheet_groups: GroupsTable;
  worksheet_group_members: GroupMembersTable;
  worksheets: WorksheetsTable;
  worksheet_items: ItemsTable;
  worksheet_permissions: WorksheetPermissionsTable;
  bundles: BundlesTable;
  bundle_dependencies: DependenciesTable;
  bundle_permissions: BundlePermissionsTable;
  worksheet_creations: CreationsTable;
  bundle_contents: ContentsTable;
  bundle_files: FilesTable;
}

/** A number of bytes that is 0 at the beginning. */
type ByteCount = ColumnType<string, number | string | undefined, number | string>;

/** What only worksheets know of a person. Who has no row has the defaults. */
interface WorksheetUsersTable {
  user_id: number;
  /** Whether the person may use worksheets in protected mode. */
  has_access: Generated<boolean>;
  affiliation: string | null;
  notifications: Generated<number>;
  /** Null: as everybody. */
  time_quota_seconds: BigInteger | null;
  parallel_run_quota: number | null;
}

/** How long runs have used the platform's workers. What a person has used is the sum of their rows. */
interface RunSecondsTable {
  id: Generated<string>;
  user_id: number;
  bundle_uuid: string;
  seconds: number;
  created_when: Now;
}

interface GroupsTable {
  id: Generated<string>;
  uuid: string;
  name: string;
  /** Null: the group `public`, in which everybody is. */
  owner_id: number | null;
  created_when: Now;
}

interface GroupMembersTable {
  group_id: string;
  user_id: number;
  is_admin: Generated<boolean>;
}

interface WorksheetsTable {
  id: Generated<string>;
  uuid: string;
  name: string;
  owner_id: number;
  title: string | null;
  tags: Generated<string[]>;
  frozen_when: Timestamp | null;
  is_anonymous: Generated<boolean>;
  created_when: Now;
  changed_when: Now;
}

interface ItemsTable {
  id: Generated<string>;
  worksheet_id: string;
  type: "markup" | "directive" | "bundle" | "worksheet";
  bundle_uuid: string | null;
  subworksheet_uuid: string | null;
  value: Generated<string>;
  /** Items that were added at the end have none: they come after the others in the order of their ids. */
  sort_key: BigInteger | null;
}

interface WorksheetPermissionsTable {
  worksheet_id: string;
  group_id: string;
  permission: GrantedPermission;
}

interface BundlesTable {
  id: Generated<string>;
  uuid: string;
  type: BundleType;
  owner_id: number;
  /** Of runs only. */
  command: string | null;
  state: BundleState;
  metadata: ColumnType<Metadata, string | undefined, string>;
  frozen_when: Timestamp | null;
  is_anonymous: Generated<boolean>;
  job_id: string | null;
  /** What a run may use, written down when it starts. */
  bounds: Json<RunBounds> | null;
  /** How the contents are stored. Null: there are none. */
  content: "file" | "archive" | "link" | null;
  content_key: string | null;
  /** Bytes of the contents. They count for the owner's quota. */
  data_size: ByteCount;
  /** How many bytes the client of an upload has announced. They count until the upload has ended. */
  announced_bytes: ByteCount;
  created_when: Now;
  changed_when: Now;
}

interface DependenciesTable {
  child_id: string;
  position: number;
  child_path: string;
  parent_uuid: string;
  parent_path: Generated<string>;
}

interface BundlePermissionsTable {
  bundle_id: string;
  group_id: string;
  permission: GrantedPermission;
}

/** What was created and perhaps not answered, so that a repeated request gets the first answer. */
interface CreationsTable {
  user_id: number;
  request_hash: Buffer;
  answer: Json<Record<string, unknown>>;
  created_when: Now;
}

/** An object with the contents of a bundle: those that it has, or those that are being written. */
interface ContentsTable {
  id: Generated<string>;
  bundle_id: string;
  object_key: string;
  /** When something was written last. */
  alive_when: Now;
  /** How many files, folders and links are in the index. */
  entries: Generated<number>;
}

/** What is in the zip of a folder. */
interface FilesTable {
  content_id: string;
  /** The path of the folder it is in; empty at the top. */
  folder: string;
  name: string;
  type: "file" | "directory" | "link";
  /** Permission bits. */
  mode: number;
  modified: Timestamp;
  size: BigInteger;
  /** Of a link. */
  target: string | null;
  stored_start: BigInteger | null;
  stored_bytes: BigInteger | null;
  deflated: Generated<boolean>;
  points: Buffer | null;
}
