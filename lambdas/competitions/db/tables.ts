// Kysely types of the tables of competitions and submissions.
import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { RunWarning } from "../rules/run-warnings.ts";
import type { BigInteger, Json, Now, Timestamp } from "../../kernel/db/schema.ts";
import type { Listing } from "../rules/listing.ts";
import type { BundleProblem, FactSheetQuestion } from "../rules/competition.ts";
import type { SubmissionStatus } from "../rules/submission-status.ts";

declare module "../../kernel/db/schema.ts" {
  interface Database extends CompetitionsTables {}
}

interface CompetitionsTables {
  datasets: DatasetsTable;
  dataset_downloads: DatasetDownloadsTable;
  competitions: CompetitionsTable;
  platform_counts: PlatformCountsTable;
  competition_collaborators: { competition_id: number; user_id: number };
  pages: PagesTable;
  tasks: TasksTable;
  task_shares: { task_id: number; user_id: number };
  solutions: SolutionsTable;
  solution_tasks: { solution_id: number; task_id: number };
  phases: PhasesTable;
  phase_tasks: { phase_id: number; task_id: number; order_index: number };
  leaderboards: LeaderboardsTable;
  leaderboard_columns: LeaderboardColumnsTable;
  participants: ParticipantsTable;
  competition_creations: CompetitionCreationsTable;
  competition_dumps: CompetitionDumpsTable;
  rerun_pieces: RerunPiecesTable;
  submissions: SubmissionsTable;
  deleted_submissions: DeletedSubmissionsTable;
  submission_scores: SubmissionScoresTable;
  submission_counts: SubmissionCountsTable;
  participant_counts: ParticipantCountsTable;
  counts_checked: CountsCheckedTable;
  submission_grants: SubmissionGrantsTable;
  submission_mails: SubmissionMailsTable;
  waits: WaitsTable;
  store_inspections: StoreInspectionsTable;
  store_findings: StoreFindingsTable;
  storage_snapshots: StorageSnapshotsTable;
  left_uploads: LeftUploadsTable;
}

/** Progress of unpacking a bundle. */
export interface CreationProgress {
  stage: "storing" | "finishing";
  done_bytes: number;
  total_bytes: number;
  /** ETag of the bundle, which must not change meanwhile. */
  etag: string;
  /**
   * The files in the order in which they are stored. `size` is null until the file is stored; then solutions have an
   * MD5, too.
   */
  files: {
    path: string;
    /** Whether this file is put in a zip. */
    zipped?: boolean;
    type: string;
    key: string;
    object_key: string;
    size: number | null;
    md5?: string;
  }[];
}

interface DatasetsTable {
  id: Generated<number>;
  key: Generated<string>;
  created_by: number;
  type: string;
  name: string;
  description: string | null;
  license: string | null;
  is_public: Generated<boolean>;
  file_name: string;
  file_size: BigInteger | null;
  object_key: string;
  upload_completed_when: Timestamp | null;
  was_created_by_competition: Generated<boolean>;
  competition_id: number | null;
  downloads: Generated<number>;
  is_verified: Generated<boolean>;
  /** Of the file, as the object store or its owner computed it. Null: nobody did. */
  sha256: Buffer | null;
  /** The multipart upload in progress. */
  upload_id: string | null;
  /** The object that the last multipart upload makes. Null if there was none, or the previous release began it. */
  upload_key: string | null;
  /** Where the file was uploaded before it was kept. For some time, a signature still allows writing there. */
  incoming_key: string | null;
  created_when: Now;
}

/** Downloads of today, so that each person counts once a day. */
interface DatasetDownloadsTable {
  dataset_id: number;
  /** In UTC, as YYYY-MM-DD. */
  day: string;
  /** A hash of the person or address. */
  who: Buffer;
}

/** The table has one row, once somebody has looked at the front page. */
interface PlatformCountsTable {
  one: Generated<boolean>;
  counted_when: Timestamp;
  competitions: number;
  benchmarks: number;
  participants: number;
  submissions: number;
}

interface CompetitionsTable {
  id: Generated<number>;
  title: string;
  description: Generated<string>;
  terms: Generated<string>;
  /** Keys in the uploads bucket: of the logo as it was uploaded, and in the two sizes that pages show. Some logos have only the first. */
  logo_key: string | null;
  logo_large_key: string | null;
  logo_icon_key: string | null;
  docker_image: string;
  queue_id: string | null;
  registration_auto_approve: Generated<boolean>;
  enable_detailed_results: Generated<boolean>;
  show_detailed_results_in_submission_panel: Generated<boolean>;
  show_detailed_results_in_leaderboard: Generated<boolean>;
  auto_run_submissions: Generated<boolean>;
  can_participants_make_submissions_public: Generated<boolean>;
  make_programs_available: Generated<boolean>;
  make_input_data_available: Generated<boolean>;
  /** Programs have a network only if the deployment allows it as well. */
  enable_network: Generated<boolean>;
  allow_robot_submissions: Generated<boolean>;
  /** Whether an organization that participates is a team with the limits of one participant. */
  teams_share_limits: Generated<boolean>;
  /** Only organizers see who made which submission. */
  anonymous_leaderboard: Generated<boolean>;
  /** A single folder around a program or submission is removed when it is unpacked. */
  lift_top_folders: Generated<boolean>;
  /** Secret key from which pseudonyms are computed. */
  pseudonym_key: Generated<string>;
  competition_type: Generated<string>;
  reward: string | null;
  contact_email: string | null;
  report: string | null;
  forum_enabled: Generated<boolean>;
  is_featured: Generated<boolean>;
  /** An administrator decides it. `unlisted` is in no public list; `withheld` is also unpublished until they decide otherwise. */
  listing: Generated<Listing>;
  /** What the organizers are told about it. */
  listing_reason: string | null;
  fact_sheet: JSONColumnType<Record<string, FactSheetQuestion>> | null;
  whitelist_emails: Generated<string[]>;
  published: Generated<boolean>;
  secret_key: Generated<string>;
  bundle_dataset_id: number | null;
  created_by: number;
  created_when: Now;
}

interface PagesTable {
  id: Generated<number>;
  competition_id: number;
  index: number;
  title: string;
  content: string;
}

interface TasksTable {
  id: Generated<number>;
  key: Generated<string>;
  name: string;
  description: string | null;
  created_by: number;
  created_when: Now;
  is_public: Generated<boolean>;
  ingestion_only_during_scoring: Generated<boolean>;
  scoring_program_id: number | null;
  ingestion_program_id: number | null;
  input_data_id: number | null;
  reference_data_id: number | null;
}

interface SolutionsTable {
  id: Generated<number>;
  key: Generated<string>;
  name: string;
  description: string | null;
  dataset_id: number;
  created_by: number;
  /** MD5 of its file in hexadecimal. Null if it was an existing dataset. */
  md5: string | null;
}

interface PhasesTable {
  id: Generated<number>;
  competition_id: number;
  index: number;
  name: string;
  description: string | null;
  starts_at: Timestamp;
  ends_at: Timestamp | null;
  execution_time_limit: number;
  max_submissions_per_day: number | null;
  max_submissions_per_person: number | null;
  auto_migrate_to_this_phase: Generated<boolean>;
  /** When submissions migrated to it automatically. */
  migrated_when: Timestamp | null;
  hide_output: Generated<boolean>;
  hide_prediction_output: Generated<boolean>;
  hide_score_output: Generated<boolean>;
  /** Only organizers see its results. */
  blind: Generated<boolean>;
  /** Whether anybody can submit to it. */
  accepts_submissions: Generated<boolean>;
  /** In megabytes. Null means no limit. */
  max_submission_size: number | null;
  /** Whether the files of submissions that are neither a participant's best nor last are deleted. */
  delete_submissions_except_best_and_last: Generated<boolean>;
  public_data_id: number | null;
  starting_kit_id: number | null;
}

interface LeaderboardsTable {
  id: Generated<number>;
  /** Null for a further leaderboard. */
  competition_id: number | null;
  /** The primary leaderboard of the same competition. Null for a primary one. */
  primary_id: number | null;
  /** Position among the leaderboards of its competition. */
  position: Generated<number>;
  title: string;
  key: string;
  /** Null for a further leaderboard. */
  submission_rule: string | null;
  hidden: Generated<boolean>;
  primary_index: Generated<number>;
  multi_task_ranking: Generated<string>;
  /** Ids of tasks. */
  ranking_tasks: Generated<number[]>;
}

interface LeaderboardColumnsTable {
  id: Generated<number>;
  leaderboard_id: number;
  index: number;
  title: string;
  key: string;
  sorting: "asc" | "desc";
  precision: number;
  hidden: boolean;
  computation: string | null;
  computation_indexes: number[] | null;
}

interface ParticipantsTable {
  id: Generated<number>;
  competition_id: number;
  user_id: number;
  /** `left` is a person who took part, or asked to, and left. */
  status: "unknown" | "pending" | "approved" | "denied" | "left";
  created_when: Now;
  /** The team with which they participate. */
  organization_id: number | null;
}

interface CompetitionCreationsTable {
  id: Generated<number>;
  dataset_id: number | null;
  created_by: number;
  status: Generated<"Starting" | "Unpacking" | "Finished" | "Failed">;
  details: string | null;
  problems: ColumnType<BundleProblem[], string | undefined, string>;
  resulting_competition: number | null;
  /** Number of attempts so far. */
  attempt: Generated<number>;
  /** Number of attempts in a row that stored no file. */
  failures: Generated<number>;
  progress: Json<CreationProgress> | null;
  lease_until: Timestamp | null;
  created_when: Now;
}

interface CompetitionDumpsTable {
  id: Generated<number>;
  /** Null if the competition was deleted. */
  competition_id: number | null;
  created_by: number;
  /** If false, the dump refers to tasks and datasets by their keys. */
  with_files: boolean;
  status: Generated<"Starting" | "Dumping" | "Finished" | "Failed">;
  details: string | null;
  /** Key of the dataset that it becomes. */
  key: string;
  /** Where the file is written in the object store. */
  object_key: string;
  dataset_id: number | null;
  attempt: Generated<number>;
  lease_until: Timestamp | null;
  created_when: Now;
}

interface RerunPiecesTable {
  id: Generated<number>;
  phase_id: number;
  /** Submission ids. */
  submissions: number[];
  asked_by: number | null;
  reason: string | null;
  created_when: Now;
  /** When the last message for it was sent. */
  sent_when: Now;
}

interface SubmissionsTable {
  id: Generated<number>;
  /** Unlike its id, no other submission of any platform has it. */
  uuid: Generated<string>;
  phase_id: number;
  owner_id: number;
  participant_id: number;
  /** The organization for which the owner submitted. */
  organization_id: number | null;
  /** Null after its file was deleted. */
  data_id: number | null;
  /** Null for parents, and if the task was deleted. */
  task_id: number | null;
  parent_id: number | null;
  has_children: Generated<boolean>;
  status: Generated<SubmissionStatus>;
  status_details: string | null;
  failure_code: string | null;
  /** The messages of `warning_details`, for functions of the previous release. */
  warnings: Generated<string[]>;
  warning_details: ColumnType<RunWarning[], string | undefined, string>;
  description: string | null;
  fact_sheet_answers: Json<Record<string, unknown>> | null;
  is_public: Generated<boolean>;
  is_specific_task_re_run: Generated<boolean>;
  is_soft_deleted: Generated<boolean>;
  on_leaderboard: Generated<boolean>;
  /** Whether an organizer took it off the leaderboard. */
  kept_off_leaderboard: Generated<boolean>;
  /** The submission of which this is a rerun, or a rerun of a rerun. It may have been deleted. */
  first_run_id: number | null;
  md5: string | null;
  job_id: string | null;
  /** The queue to which it was sent instead of the competition's. */
  queue_id: string | null;
  /** The submission of the previous phase that this one is a copy of. */
  migrated_from_id: number | null;
  created_when: Now;
  /** When its owner submitted it. Reruns and copies in other phases have the time of their original. */
  submitted_when: Now;
  started_when: Timestamp | null;
  finished_when: Timestamp | null;
  soft_deleted_when: Timestamp | null;
  /** When its files were deleted while the submission was kept. */
  files_deleted_when: Timestamp | null;
  /** Whether files were checked for deletion after it Finished, in a phase that keeps only the best and the last. */
  storage_settled: Generated<boolean>;
  /** Sizes of the outputs and logs of its last attempt. Null until they are counted. */
  output_bytes: BigInteger | null;
  log_bytes: BigInteger | null;
}

interface SubmissionScoresTable {
  id: Generated<number>;
  submission_id: number;
  column_id: number;
  /** Decimal text with ten decimal places. */
  score: string;
}

/** Numbers of submissions (counts.ts). The database adds rows when submissions change. */
interface SubmissionCountsTable {
  phase_id: number;
  /** 0 for everybody together. */
  owner_id: number;
  /** 0 for none. */
  task_id: number;
  status: SubmissionStatus;
  is_child: boolean;
  is_soft_deleted: boolean;
  on_leaderboard: boolean;
  n: number;
  /** Whether it is no longer a change of its own. */
  is_folded: Generated<boolean>;
}

/** Numbers of participants, kept like those of submissions. */
interface ParticipantCountsTable {
  competition_id: number;
  status: string;
  n: number;
  is_folded: Generated<boolean>;
}

/** The table has one row. */
interface CountsCheckedTable {
  singleton: Generated<boolean>;
  checked_when: Now;
}

/** Deleted parents and single submissions that count against limits. */
interface DeletedSubmissionsTable {
  /** The id that the submission had. */
  id: number;
  phase_id: number;
  owner_id: number;
  organization_id: number | null;
  /** When the submission was created. */
  created_when: Date;
}

/** Requests that wait for output of a run. */
interface WaitsTable {
  id: Generated<string>;
  user_id: number;
  until: Date;
}

/** Ended submissions of people who want mail about them. */
interface SubmissionMailsTable {
  submission_id: number;
  user_id: number;
  ended_when: Now;
  /** Null until the mail is written. */
  mailed_when: Timestamp | null;
}

interface SubmissionGrantsTable {
  id: Generated<number>;
  phase_id: number;
  participant_id: number;
  /** Additional submissions on every day. */
  per_day: number;
  /** Additional submissions in total. */
  per_person: number;
  reason: string | null;
  granted_by: number;
  created_when: Now;
}

/** Comparisons of the object store with the database. At most one is not finished. */
interface StoreInspectionsTable {
  id: Generated<number>;
  started_when: Now;
  finished_when: Timestamp | null;
  /** The bucket and the key after which the next page of its listing begins. */
  bucket: Generated<"uploads" | "jobs">;
  listed_to: Generated<string>;
  /** How many objects were listed so far, and their bytes. */
  objects: ColumnType<string, number | string | undefined, number | string>;
  bytes: ColumnType<string, number | string | undefined, number | string>;
  /** When an administrator asked to delete its orphans, and when that was done. */
  deletion_asked_when: Timestamp | null;
  deletion_finished_when: Timestamp | null;
}

/** Objects that nothing refers to (orphans), and files that are missing in the store. */
interface StoreFindingsTable {
  inspection_id: number;
  bucket: string;
  key: string;
  kind: "orphan" | "missing";
  bytes: BigInteger | null;
  modified_when: Timestamp | null;
  /** What became of an orphan when it was to be deleted. */
  outcome: "deleted" | "kept" | null;
}

/** How much was stored in a week, by the platform, people and competitions. */
interface StorageSnapshotsTable {
  /** When it began: Monday, 00:00 UTC. */
  week: Timestamp;
  scope: "platform" | "person" | "competition";
  /** Id of the person or competition; 0 for the platform. */
  subject_id: number;
  datasets_bytes: BigInteger;
  submissions_bytes: BigInteger;
  /** Only of the platform: those of the last inspection. */
  orphans_bytes: BigInteger | null;
  taken_when: Now;
}

/** Where a signature still allows writing although the dataset is deleted. A trigger adds the rows. */
interface LeftUploadsTable {
  key: string;
  /** Of S3, for an upload in parts that nobody can complete. */
  upload_id: string | null;
  erase_when: Timestamp;
}
