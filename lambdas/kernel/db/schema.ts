import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { AuditKind, AuditSubject, Fields } from "../../accounts/rules/audit.ts";
import type { FactSheetQuestion, BundleProblem } from "../../competitions/rules/competition.ts";
import type { OrganizationGroup } from "../../policy/policy.ts";
import type { SubmissionStatus } from "../../competitions/rules/submission-status.ts";
import type { AttemptReport, Failure, JobSpec, Progress, StepName, StoppedTask } from "../../../contract/job.ts";

/** The tables as Kysely sees them. `migrations/` is what makes them; an integration test compares the two. */
export interface Database {
  users: UsersTable;
  api_tokens: ApiTokensTable;
  queues: QueuesTable;
  queue_organizers: { queue_id: string; user_id: number };
  worker_tokens: WorkerTokensTable;
  workers: WorkersTable;
  datasets: DatasetsTable;
  competitions: CompetitionsTable;
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
  jobs: JobsTable;
  attempts: AttemptsTable;
  launches: LaunchesTable;
  late_reports: LateReportsTable;
  outbox: OutboxTable;
  scaling: ScalingTable;
  submissions: SubmissionsTable;
  submission_scores: SubmissionScoresTable;
  mails: MailsTable;
  organizations: OrganizationsTable;
  memberships: MembershipsTable;
  audit_events: AuditEventsTable;
  submission_grants: SubmissionGrantsTable;
}

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Now = ColumnType<Date, Date | string | undefined, Date | string>;
type Json<T> = ColumnType<T, string, string>;
/** int8 comes back from the driver as text, since it may not fit a number. */
type BigInteger = ColumnType<string, number | string, number | string>;

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
}

interface ApiTokensTable {
  token_hash: Buffer;
  user_id: number;
  /** A token goes into a header, a session into a cookie; neither is taken for the other. */
  kind: Generated<"token" | "session">;
  created_when: Now;
  expires_at: Timestamp;
}

interface QueuesTable {
  id: Generated<string>;
  name: string;
  sqs_name: string;
  owner_id: number | null;
  is_public: Generated<boolean>;
  is_default: Generated<boolean>;
  created_when: Now;
  /** Capacity profiles of the deployment, whose own workers then serve the queue; both null where they do not. */
  prediction_profile: ColumnType<string | null, string | null | undefined, string | null>;
  scoring_profile: ColumnType<string | null, string | null | undefined, string | null>;
  /** The most jobs at a time. */
  max_running: number | null;
  /** The longest a step may run, in seconds. */
  max_step_seconds: number | null;
  max_submission_bytes: BigInteger | null;
  /** False while it is drained. */
  accepts_jobs: Generated<boolean>;
  /** A deleted queue stays for the jobs it ran. */
  deleted_when: Timestamp | null;
}

interface WorkerTokensTable {
  id: Generated<string>;
  token_hash: Buffer;
  /** Null is a token of the platform's own workers. */
  queue_id: string | null;
  name: string;
  created_by: number | null;
  created_when: Now;
  revoked_when: Timestamp | null;
}

interface WorkersTable {
  id: string;
  queue_id: string;
  instance: string;
  host: string;
  launcher: string;
  slots: number;
  version: string;
  last_seen: Now;
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
  /** The upload in parts that is under way. */
  upload_id: string | null;
  created_when: Now;
}

interface CompetitionsTable {
  id: Generated<number>;
  title: string;
  description: Generated<string>;
  terms: Generated<string>;
  logo_key: string | null;
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
  /** Programs have a network where the deployment allows it as well. */
  enable_network: Generated<boolean>;
  allow_robot_submissions: Generated<boolean>;
  /** Whether an organization that takes part is a team, which has the limits of one participant. */
  teams_share_limits: Generated<boolean>;
  /** Nobody but the organizers sees whose submissions are whose. */
  anonymous_leaderboard: Generated<boolean>;
  /** Secret: what pseudonyms are made with. */
  pseudonym_key: Generated<string>;
  competition_type: Generated<string>;
  reward: string | null;
  contact_email: string | null;
  report: string | null;
  forum_enabled: Generated<boolean>;
  is_featured: Generated<boolean>;
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
  /** Of its file, in hexadecimal; null when it came as a dataset. */
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
  /** When submissions migrated to it by themselves. */
  migrated_when: Timestamp | null;
  hide_output: Generated<boolean>;
  hide_prediction_output: Generated<boolean>;
  hide_score_output: Generated<boolean>;
  /** Nobody but the organizers sees its results. */
  blind: Generated<boolean>;
  /** In megabytes; null is no limit. */
  max_submission_size: number | null;
  /** Whether files of submissions that are neither a participant's best nor their last are deleted. */
  delete_submissions_except_best_and_last: Generated<boolean>;
  public_data_id: number | null;
  starting_kit_id: number | null;
}

interface LeaderboardsTable {
  id: Generated<number>;
  competition_id: number;
  title: string;
  key: string;
  submission_rule: string;
  hidden: Generated<boolean>;
  primary_index: Generated<number>;
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
  status: "unknown" | "pending" | "approved" | "denied";
  created_when: Now;
  /** The team with which they take part. */
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
  /** How often it was taken up. */
  attempt: Generated<number>;
  /** How often in a row without a file being stored. */
  failures: Generated<number>;
  progress: Json<CreationProgress> | null;
  lease_until: Timestamp | null;
  created_when: Now;
}

/** How far unpacking has come. */
export interface CreationProgress {
  stage: "storing" | "finishing";
  done_bytes: number;
  total_bytes: number;
  /** Of the bundle, which must stay the same. */
  etag: string;
  /** What is stored, or will be, in order. A size is null until the file is stored; solutions have an MD5 then as well. */
  files: { path: string; type: string; key: string; object_key: string; size: number | null; md5?: string }[];
}

interface CompetitionDumpsTable {
  id: Generated<number>;
  /** Null when the competition was deleted. */
  competition_id: number | null;
  created_by: number;
  /** Else with the keys of tasks and datasets. */
  with_files: boolean;
  status: Generated<"Starting" | "Dumping" | "Finished" | "Failed">;
  details: string | null;
  /** Of the dataset it becomes. */
  key: string;
  /** Where it is written. */
  object_key: string;
  dataset_id: number | null;
  attempt: Generated<number>;
  lease_until: Timestamp | null;
  created_when: Now;
}

interface RerunPiecesTable {
  id: Generated<number>;
  phase_id: number;
  /** Their ids. */
  submissions: number[];
  asked_by: number | null;
  reason: string | null;
  created_when: Now;
}

export type JobState = "ready" | "leased" | "succeeded" | "failed" | "cancelled";

interface JobsTable {
  id: Generated<string>;
  queue_id: string;
  state: Generated<JobState>;
  spec: Json<JobSpec>;
  priority: Generated<number>;
  owner_key: string;
  group_key: string;
  attempt_number: Generated<number>;
  /** Attempts that do not count as tries: they ended without anybody's fault, as a worker was told to stop, or before a replay. */
  released_attempts: Generated<number>;
  attempt_id: string | null;
  lease_until: Timestamp | null;
  leased_when: Timestamp | null;
  ready_when: Now;
  rung_when: Now;
  cancel_requested_when: Timestamp | null;
  failure: Json<Failure> | null;
  created_when: Now;
  finished_when: Timestamp | null;
  /** Nobody wants what it leaves: that is erased when it is over. */
  unwanted: Generated<boolean>;
  /** Since when it waits, failed by no fault of its own, for its queue's owner to replay or drop it. */
  quarantined_when: Timestamp | null;
}

interface AttemptsTable {
  id: string;
  job_id: string;
  number: number;
  worker_id: string;
  worker_instance: string;
  host: string;
  launcher: string;
  progress: Json<Progress> | null;
  report: Json<AttemptReport> | null;
  outcome: string | null;
  failure: Json<Failure> | null;
  cost_microusd: BigInteger | null;
  started_when: Now;
  ended_when: Timestamp | null;
  /** How often it went on with another worker. */
  resumed: Generated<number>;
}

/** Every request to run a step of an attempt as a task, stored before it is sent. */
interface LaunchesTable {
  attempt_id: string;
  step: StepName;
  number: number;
  request: Json<Record<string, unknown>>;
  task_arn: string | null;
  stopped: Json<StoppedTask> | null;
  created_when: Now;
}

interface LateReportsTable {
  id: Generated<string>;
  attempt_id: string;
  kind: string;
  body: Json<unknown>;
  received_when: Now;
}

interface OutboxTable {
  id: Generated<string>;
  queue_name: string;
  body: Json<Record<string, unknown>>;
  written_by: Generated<string>;
  created_when: Now;
  sent_when: Timestamp | null;
}

/** One row. */
interface ScalingTable {
  singleton: Generated<boolean>;
  /** What the scaler was told last. */
  open_jobs: number;
}

interface SubmissionsTable {
  id: Generated<number>;
  phase_id: number;
  owner_id: number;
  participant_id: number;
  /** For which its owner made it. */
  organization_id: number | null;
  /** Null once its file was deleted. */
  data_id: number | null;
  /** Null for a parent, and when the task was deleted. */
  task_id: number | null;
  parent_id: number | null;
  has_children: Generated<boolean>;
  status: Generated<SubmissionStatus>;
  status_details: string | null;
  failure_code: string | null;
  warnings: Generated<string[]>;
  description: string | null;
  fact_sheet_answers: Json<Record<string, unknown>> | null;
  is_public: Generated<boolean>;
  is_specific_task_re_run: Generated<boolean>;
  is_soft_deleted: Generated<boolean>;
  on_leaderboard: Generated<boolean>;
  md5: string | null;
  job_id: string | null;
  /** The queue it was sent to instead of the competition's. */
  queue_id: string | null;
  /** The submission of the phase before that this one is a copy of. */
  migrated_from_id: number | null;
  created_when: Now;
  started_when: Timestamp | null;
  finished_when: Timestamp | null;
  soft_deleted_when: Timestamp | null;
  /** When its files were deleted, and it stayed. */
  files_deleted_when: Timestamp | null;
  /** Whether, since it Finished, the files were deleted that its phase does not keep beside its own. */
  storage_settled: Generated<boolean>;
}

interface SubmissionScoresTable {
  id: Generated<number>;
  submission_id: number;
  column_id: number;
  /** Decimal text with ten places. */
  score: string;
}

interface MailsTable {
  id: Generated<string>;
  recipients: string[];
  /** Who gets it without the others seeing so. */
  blind_copies: Generated<string[]>;
  reply_to: string | null;
  subject: string;
  /** Plain text; what organizers write in it may be Markdown. */
  body: string;
  unsubscribe_url: string | null;
  created_when: Now;
  /** Kept is what nothing sends: it was written where the platform sends no mail. */
  status: Generated<"kept" | "waiting" | "sending" | "sent" | "failed">;
  /** When somebody last began to send it. */
  taken_when: Timestamp | null;
  sent_when: Timestamp | null;
  /** Why it could not be sent, the last time. */
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
  /** Names the invitation in its mail. Nobody but the person invited can use it. */
  token: Generated<string>;
  joined_when: Now;
}

/** Rows are added and never changed. */
interface AuditEventsTable {
  id: Generated<string>;
  created_when: Now;
  /** Null is the platform itself. */
  actor_id: number | null;
  /** One of these is where it belongs, which it outlives; none is the platform. */
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

interface SubmissionGrantsTable {
  id: Generated<number>;
  phase_id: number;
  participant_id: number;
  /** How many more on every day. */
  per_day: number;
  /** How many more in all. */
  per_person: number;
  reason: string | null;
  granted_by: number;
  created_when: Now;
}
