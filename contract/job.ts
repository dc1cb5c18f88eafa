/**
 * What the execution plane runs. A job is an ordered list of steps; a step is one or two containers that run at the
 * same time over a few folders. Nothing here knows what a competition is: `compile-submission.ts` writes a job for a
 * submission, and anything else that wants containers run can write one too.
 */

/** The name of a step; also the first part of the object keys of what it leaves behind. */
export type StepName = "prediction" | "scoring";
/** The two containers a step can have. `program` is the one whose exit code can fail the job. */
export type ContainerName = "program" | "ingestion";
export type StreamName = "stdout" | "stderr";

/** Where the content of a folder comes from: an object in the bucket, or what an earlier step of the same job left. */
export type ArchiveSource<Location> =
  { from: "object"; object: Location; cache: boolean; label: string } | { from: "step"; step: StepName };

/**
 * A folder that the containers of a step share. Its content is unpacked from zip archives before they start; with no
 * contents it starts empty.
 */
export interface Folder<Location> {
  name: string;
  contents: {
    /** Relative path inside the folder that the archive is unpacked to; "" is the folder itself. */
    at: string;
    archive: ArchiveSource<Location>;
  }[];
}

export interface Mount {
  folder: string;
  /** Relative path inside the folder to mount; "" is the whole folder. */
  subfolder: string;
  /** Absolute path inside the container. */
  path: string;
  readOnly: boolean;
}

/**
 * One container of a step. Its command is not known here: it is read from `metadata.yaml` or `metadata` at the root of
 * the program folder once that is unpacked, its tokens are substituted, and it is split as a shell would quote it
 * (no shell runs).
 */
export interface ContainerSpec {
  name: ContainerName;
  /** The folder that holds the program and its metadata file. */
  program: string;
  workingDirectory: string;
  mounts: Mount[];
  /** Plain text replacements made in the command, in this order. */
  substitutions: [token: string, replacement: string][];
  /** What happens when the program has no metadata file: its files become output, or the container is left out. */
  withoutMetadata: "copy-to-output" | "error";
  /** Whether an exit code other than 0, or a missing command, fails the job; else it is only recorded. */
  mustSucceed: boolean;
}

/** A file of the output folder that is uploaded on its own as well, if the step made it. */
export interface CollectedFile {
  /** File name of the object under the step's prefix. */
  as: string;
  /** Candidates relative to the output folder, the first that exists wins; `*.html` means the first by name. */
  candidates: string[];
  /** Largest size taken, in bytes. A larger file is not uploaded. */
  maxBytes: number;
  /** Upload again whenever it changes while the step runs. */
  live: boolean;
}

export interface Limits {
  /** CPUs, as a decimal; 0 leaves it to the worker. */
  cpus: number;
  memoryBytes: number;
  pids: number;
  /** What all folders of a step together may hold after unpacking, and what containers may write. */
  diskBytes: number;
  /** Bytes kept of each log stream; the rest is dropped with a visible line. */
  logBytes: number;
  /** Largest output archive of a step. */
  outputBytes: number;
}

export interface Step<Location> {
  name: StepName;
  /** Image reference as the organizer wrote it. */
  image: string;
  /** Wall clock in seconds for the containers of this step together, counted from their start. */
  timeLimitSeconds: number;
  network: "none" | "open";
  limits: Limits;
  /** The capacity profile, for workers that run steps as ECS tasks; the standard one if left out. */
  profile?: string;
  folders: Folder<Location>[];
  containers: ContainerSpec[];
  /** The folder whose content is zipped and uploaded as `<step>/output.zip`. */
  output: string;
  collect: CollectedFile[];
}

export interface Job<Location> {
  steps: Step<Location>[];
}

/** An object in one of the deployment's buckets. */
export interface ObjectRef {
  bucket: "uploads" | "jobs";
  key: string;
}

/** An object a worker may fetch: a signed GET and a name for its content that is stable across URLs. */
export interface SignedObject {
  url: string;
  /** The same for the same content; what a worker's cache goes by. */
  contentId: string;
}

/** A job as Postgres keeps it. */
export type JobSpec = Job<ObjectRef>;

/** A signed POST policy: any number of uploads whose key starts with `keyPrefix`, each at most `maxBytes`. */
export interface UploadPolicy {
  url: string;
  fields: Record<string, string>;
  keyPrefix: string;
  maxBytes: number;
}

/**
 * Signed URLs for the ECS task of a step: of the objects that it and its worker write for each other, which need not
 * exist yet.
 */
export interface EcsTaskLinks {
  /** Like that of the attempt, for the objects of this step only. */
  upload: UploadPolicy;
  order: string;
  renewal: string;
  state: string;
  /** The output archive of the step, for the steps after it. */
  output: SignedObject;
}

/** Why an ECS task stopped, as ECS reports it. */
export interface StoppedEcsTask {
  /** The stop code of ECS, for instance SpotInterruption; null if there is none. */
  code: string | null;
  reason: string;
  containers: { name: string; exitCode: number | null; reason: string | null }[];
}

/**
 * One request to ECS to run a step of an attempt. It is stored before it is sent, so that a repeated request starts one
 * ECS task only.
 */
export interface Launch {
  step: StepName;
  /** Counts from 1 for each step of an attempt. */
  number: number;
  /** The RunTask request. */
  request: Record<string, unknown>;
  /** Null until the answer of ECS is known. */
  taskArn: string | null;
  /** Null until ECS has reported the end. */
  stopped: StoppedEcsTask | null;
}

/** The part of a manifest for steps that run as ECS tasks. Such an attempt outlives the worker that began it. */
export interface EcsTaskPlan {
  links: Partial<Record<StepName, EcsTaskLinks>>;
  /** The launches that an earlier worker made. */
  launches: Launch[];
}

/** What a worker gets when it claims: everything to run one attempt at a job, and nothing else. */
export interface Manifest {
  version: 1;
  attempt: {
    id: string;
    jobId: string;
    number: number;
    /** Id of the request that asked for the job, for logs. Jobs and platforms of before have none. */
    correlationId?: string;
  };
  /** The attempt is taken away when no heartbeat came for so long. */
  leaseSeconds: number;
  heartbeatSeconds: number;
  job: Job<SignedObject>;
  upload: UploadPolicy;
  /** For the launcher `ecs` only. */
  tasks?: EcsTaskPlan;
}

/** A worker introduces itself with every claim. */
export interface WorkerIdentity {
  /** Stable across restarts of the same worker on the same disk; attempts of an earlier life are released by it. */
  id: string;
  /** New for each start of the process. */
  instance: string;
  host: string;
  launcher: "docker" | "sandbox" | "ecs";
  slots: number;
  version: string;
}

/** How far an attempt has come; sent with heartbeats, and soon after it changes. */
export interface Progress {
  step: StepName;
  /**
   * preparing: fetching, unpacking, pulling; running: containers run; done: all of it ended, whatever the exit codes.
   */
  stage: "preparing" | "running" | "done";
  /** What the step has to wait for before it can run, in a few words for its owner: "waiting for capacity: GPU". */
  waiting?: string;
}

export interface ContainerReport {
  name: ContainerName;
  /** False when there was no command to run. */
  ran: boolean;
  /** Null when it did not run or was killed before it could exit. 128 + n for signal n. */
  exitCode: number | null;
  outOfMemory: boolean;
  elapsedSeconds: number;
  logs: Record<StreamName, { bytes: number; truncated: boolean }>;
}

export interface Usage {
  /** From the containers' start to the end of the last one. */
  wallSeconds: number;
  cpuSeconds: number;
  peakMemoryBytes: number;
  downloadedBytes: number;
  uploadedBytes: number;
  /** Seconds spent fetching, unpacking and pulling before the containers started. */
  preparingSeconds: number;
}

export interface StepReport {
  name: StepName;
  containers: ContainerReport[];
  usage: Usage;
  /** Size of `<step>/output.zip`, or null when there is none. */
  outputBytes: number | null;
  /** `as` names of the collected files that were uploaded. */
  collected: string[];
  /** MD5 in hex of each archive fetched from an object, by its label. */
  md5: Record<string, string>;
}

/**
 * Why a job failed. A closed list: the first part is what the program, its data or its image did, the second what the
 * platform did. Only the second kind is tried again by itself.
 */
export const failureCodes = [
  "TIME_LIMIT",
  "OUT_OF_MEMORY",
  "DISK_LIMIT",
  "PROGRAM_EXIT",
  "NO_COMMAND",
  "BAD_COMMAND",
  "BAD_ARCHIVE",
  "OUTPUT_TOO_LARGE",
  "RESERVED_OUTPUT",
  "IMAGE_NOT_FOUND",
  "IMAGE_TOO_LARGE",
  "NO_SCORES",
  "BAD_SCORES",
  "WORKER_LOST",
  "WORKER_ERROR",
  "STORAGE_ERROR",
  "IMAGE_PULL",
  "NO_CAPACITY",
  "PLATFORM_ERROR",
] as const;
export type FailureCode = (typeof failureCodes)[number];

const platformFailures: ReadonlySet<FailureCode> = new Set([
  "WORKER_LOST",
  "WORKER_ERROR",
  "STORAGE_ERROR",
  "IMAGE_PULL",
  "NO_CAPACITY",
  "PLATFORM_ERROR",
]);

/** Whether a failure is the platform's own, so that it is tried again and never counts against a participant. */
export const isPlatformFailure = (code: FailureCode): boolean => platformFailures.has(code);

export interface Failure {
  code: FailureCode;
  /** One sentence for the participant: what happened and what to do. */
  message: string;
  step: StepName | null;
}

/** The final report of an attempt. `released` gives the job back untouched, as when a worker is told to stop. */
export interface AttemptReport {
  outcome: "succeeded" | "failed" | "cancelled" | "released";
  failure: Failure | null;
  steps: StepReport[];
}

/** Object names under `jobs/<attempt id>/`. The worker writes them, the platform reads them. */
export const artifacts = {
  prefix: (attemptId: string) => `jobs/${attemptId}/`,
  output: (step: StepName) => `${step}/output.zip`,
  collected: (step: StepName, as: string) => `${step}/${as}`,
  /** The whole log of a stream, written when its container has ended. */
  log: (step: StepName, container: ContainerName, stream: StreamName) => `${step}/${container}.${stream}.log`,
  logChunkPrefix: (step: StepName, container: ContainerName, stream: StreamName) => `${step}/${container}.${stream}/`,
  /** A piece of a growing log, named by the offset of its first byte, so that a listing is in order. */
  logChunk: (step: StepName, container: ContainerName, stream: StreamName, offset: number) =>
    `${step}/${container}.${stream}/${offset.toString().padStart(15, "0")}`,
  /**
   * Messages between a worker and the ECS task of a step: the order, renewed signatures, and the state of the ECS task.
   */
  ecsTaskOrder: (step: StepName) => `${step}/task/order.json`,
  ecsTaskRenewal: (step: StepName) => `${step}/task/renewal.json`,
  ecsTaskState: (step: StepName) => `${step}/task/state.json`,
};
