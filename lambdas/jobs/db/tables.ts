// Types of the tables of queues, workers and jobs, for Kysely.
import type { ColumnType, Generated } from "kysely";
import type { BigInteger, Json, Now, Timestamp } from "../../kernel/db/schema.ts";
import type {
  AttemptReport,
  JobFailure,
  JobSpec,
  Progress,
  Question,
  StepName,
  StoppedEcsTask,
} from "../../../contract/job.ts";
import type { OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { BudgetScope } from "../rules/budget.ts";
import type { StepProfiles } from "../rules/capacity.ts";
import type { RequestState } from "../rules/capacity-request.ts";
import type { Stages } from "../rules/step-times.ts";
import type { CostLine, Payer } from "../rules/cost.ts";

declare module "../../kernel/db/schema.ts" {
  interface Database extends JobsTables {}
}

interface JobsTables {
  queues: QueuesTable;
  queue_organizers: { queue_id: string; user_id: number };
  worker_tokens: WorkerTokensTable;
  workers: WorkersTable;
  jobs: JobsTable;
  attempts: AttemptsTable;
  launches: LaunchesTable;
  late_reports: LateReportsTable;
  questions: QuestionsTable;
  scaling: ScalingTable;
  capacity_profiles: CapacityProfilesTable;
  capacity_providers: CapacityProvidersTable;
  reachability: ReachabilityTable;
  sealing_key: SealingKeyTable;
  registry_logins: RegistryLoginsTable;
  spending: SpendingTable;
  budgets: BudgetsTable;
  capacity_requests: CapacityRequestsTable;
  hosts: HostsTable;
  host_providers: HostProvidersTable;
}

export type JobState = "ready" | "leased" | "succeeded" | "failed" | "cancelled";

interface QueuesTable {
  id: Generated<string>;
  name: string;
  sqs_name: string;
  owner_id: number | null;
  is_public: Generated<boolean>;
  is_default: Generated<boolean>;
  created_when: Now;
  /** Capacity profiles on which the platform's own workers serve it; null if they do not serve it. */
  step_profiles: ColumnType<StepProfiles | null, string | null | undefined, string | null>;
  /** How many jobs may run at once. */
  max_running: number | null;
  /** Maximum time limit of a step, in seconds. */
  max_step_seconds: number | null;
  /** Maximum size of an upload for a job. */
  max_upload_bytes: BigInteger | null;
  /** False while the queue is drained. */
  accepts_jobs: Generated<boolean>;
  /** The row of a deleted queue stays, because jobs that it ran refer to it. */
  deleted_when: Timestamp | null;
}

interface WorkerTokensTable {
  id: Generated<string>;
  token_hash: Buffer;
  /** Null for a token of the platform's own workers. */
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
  /** Why it takes no jobs, as a sentence; null if it is well. */
  unwell: string | null;
  unwell_since: Timestamp | null;
}

interface JobsTable {
  id: Generated<string>;
  queue_id: string;
  /** Names its owner. Only code of the previous release leaves it out. */
  kind: Generated<string>;
  state: Generated<JobState>;
  spec: Json<JobSpec>;
  priority: Generated<number>;
  owner_key: string;
  group_key: string;
  attempt_number: Generated<number>;
  /** Attempts that do not count as tries: a worker released them, or they precede a replay. */
  released_attempts: Generated<number>;
  attempt_id: string | null;
  lease_until: Timestamp | null;
  leased_when: Timestamp | null;
  ready_when: Now;
  rung_when: Now;
  cancel_requested_when: Timestamp | null;
  /** Why somebody ended its program, as a sentence; null if nobody did. */
  ending_message: string | null;
  failure: Json<JobFailure> | null;
  created_when: Now;
  finished_when: Timestamp | null;
  /** Whether its output is no longer needed. It is then erased when the job ends. */
  unwanted: Generated<boolean>;
  /** When it was quarantined. It waits until the owner of its queue replays or drops it. */
  quarantined_when: Timestamp | null;
  /** Id of the request that created it, for logs; null if unknown. */
  correlation_id: string | null;
  /** Whether a worker died while it ran. It then runs alone on its worker. */
  suspect: Generated<boolean>;
  /** The capacity profile of the step that runs or is next; null on queues of their owners' machines. */
  profile: string | null;
}

interface AttemptsTable {
  id: string;
  job_id: string;
  number: number;
  worker_id: string;
  worker_instance: string;
  host: string;
  launcher: string;
  /** Whether its steps continue when its worker ends. */
  outlives_worker: boolean;
  progress: Json<Progress> | null;
  /** When each stage of each step was first reported, by "STEP STAGE"; null for attempts of earlier releases. */
  stages: Json<Stages> | null;
  report: Json<AttemptReport> | null;
  outcome: string | null;
  failure: Json<JobFailure> | null;
  cost_microusd: BigInteger | null;
  /** What its steps cost; null for attempts of earlier releases. */
  cost_lines: Json<CostLine[]> | null;
  paid_by: Payer | null;
  started_when: Now;
  ended_when: Timestamp | null;
  /** How often another worker has continued it. */
  resumed: Generated<number>;
  /**
   * When files are erased, because its worker can write none from then on: all files of an attempt that lost its job, and
   * otherwise the originals of kept files.
   */
  erase_when: Timestamp | null;
  /** Prefix of the copies of its files, which nobody can replace; null before its report, and for attempts of earlier releases. */
  kept_prefix: string | null;
  /** Sizes of what was copied: outputs and collected files, and logs. Null where nothing was, or an earlier release did it. */
  kept_output_bytes: BigInteger | null;
  kept_log_bytes: BigInteger | null;
}

/** All requests to run a step of an attempt as an ECS task. Each is stored before it is sent. */
interface LaunchesTable {
  attempt_id: string;
  step: StepName;
  number: number;
  request: Json<Record<string, unknown>>;
  task_arn: string | null;
  stopped: Json<StoppedEcsTask> | null;
  created_when: Now;
}

interface LateReportsTable {
  id: Generated<string>;
  attempt_id: string;
  kind: string;
  body: Json<unknown>;
  received_when: Now;
}

/** The table has one row. */
interface QuestionsTable {
  id: string;
  attempt_id: string;
  step: StepName;
  question: Json<Question>;
  asked_when: Now;
}

interface ScalingTable {
  singleton: Generated<boolean>;
  /** The last number sent to the scaler. */
  open_jobs: number;
}

interface CapacityProfilesTable {
  name: string;
  profile: Json<OfferedProfile>;
  /** Its place in the configuration of the deployment. */
  position: number;
}

/** Capacity providers that had no place for a step when they were asked last. */
interface CapacityProvidersTable {
  name: string;
  /** What was missing, in a few words. */
  lacking: string;
  lacking_since: Now;
  /** How often in a row. */
  failures: Generated<number>;
  /** From then on, a step asks again. */
  retry_when: Timestamp;
}

/** Since when workers, and the sweeper, have reached the database without a long break, and when they last did. One row. */
interface ReachabilityTable {
  singleton: Generated<boolean>;
  heard_since: Now;
  heard_when: Now;
  swept_since: Now;
  swept_when: Now;
}

/** The table has one row, or none where no worker imports images. */
interface SealingKeyTable {
  singleton: Generated<boolean>;
  public_key: string;
}

interface RegistryLoginsTable {
  queue_id: string;
  registry: string;
  username: string;
  /** Username and password. Only the platform's own workers have the key to open them. */
  sealed: string;
  changed_by: number | null;
  changed_when: Now;
}

/** What the platform has paid for jobs in a month. */
interface SpendingTable {
  scope: BudgetScope;
  /** Of the queue or the group; empty for the platform. */
  key: string;
  /** Such as `2026-01`. */
  month: string;
  microusd: ColumnType<string, number | undefined, number>;
  /** The part of it for EC2 hosts without a step. */
  hosts_microusd: ColumnType<string, number | undefined, number>;
  /** What running jobs have cost so far, as the sweeper estimated it. */
  running_microusd: ColumnType<string, number | undefined, number>;
}

/** EC2 hosts, and until when their time was counted. */
interface HostsTable {
  id: string;
  counted_until: Timestamp;
}

/** Capacity providers with EC2 hosts. */
interface HostProvidersTable {
  /** Its name in ECS. */
  name: string;
  /** Seconds of its hosts that are in no bill yet. */
  open_seconds: Generated<number>;
}

interface BudgetsTable {
  scope: BudgetScope;
  key: string;
  /** What it is for, for people. */
  label: string;
  monthly_microusd: BigInteger;
  set_by: number | null;
  /** Whether only administrators may change it. */
  is_of_administrator: boolean;
  changed_when: Now;
  /** The month of the last warning, and of what share it warned. */
  warned_month: string | null;
  warned_percent: Generated<number>;
}

/** Hosts that the owner of a queue requested. */
interface CapacityRequestsTable {
  id: Generated<string>;
  queue_id: string;
  requested_by: number | null;
  instance_type: string;
  hosts: number;
  spot: boolean;
  monthly_microusd: BigInteger;
  why: string | null;
  /** The capacity profile that it becomes. */
  profile: Json<OfferedProfile>;
  state: Generated<RequestState>;
  /** Why it was refused, or what went wrong. */
  problem: string | null;
  /** How often something went wrong since its state changed. */
  tries: Generated<number>;
  decided_by: number | null;
  created_when: Now;
  changed_when: Now;
}
