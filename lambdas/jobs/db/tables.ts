// Tables of queues, workers and jobs, as Kysely sees them.
import type { ColumnType, Generated } from "kysely";
import type { BigInteger, Json, Now, Timestamp } from "../../kernel/db/schema.ts";
import type { AttemptReport, Failure, JobSpec, Progress, StepName, StoppedEcsTask } from "../../../contract/job.ts";

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
  scaling: ScalingTable;
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
  /** Id of the request that asked for it, for logs; null where none is known. */
  correlation_id: string | null;
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

/** One row. */
interface ScalingTable {
  singleton: Generated<boolean>;
  /** What the scaler was told last. */
  open_jobs: number;
}
