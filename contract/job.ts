/**
 * What the execution plane runs. A job is an ordered list of steps; a step is one or two containers that run at the same
 * time over a few folders. Nothing here knows a product: any product that wants containers to run writes a job.
 */

/** The name of a step, which its job chooses. It names folders, and the object keys of what the step leaves. */
export type StepName = string;
/** What a step's name may be: safe in paths and object keys, and in the names of a cluster's tasks. */
export const stepNamePattern = /^[a-z][a-z0-9-]{0,31}$/;
/** Steps that a job may have. */
export const maxSteps = 16;
/** The two containers that a step can have. Only the exit code of `program` can fail the job. */
export type ContainerName = "program" | "ingestion";
export type StreamName = "stdout" | "stderr";

/** Where the content of a folder comes from: an object in a bucket, or the output of an earlier step of the same job. */
export type ArchiveSource<Location> =
  { from: "object"; object: Location; cache: boolean; label: string } | { from: "step"; step: StepName };

/**
 * A folder that the containers of a step share. Its content is unpacked from zip archives before they start. A folder
 * without contents starts empty.
 */
export interface Folder<Location> {
  name: string;
  contents: {
    /** Relative path inside the folder to which the archive is unpacked; "" is the folder itself. */
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
 * One container of a step. Its command is in its program: once the program folder is unpacked, the worker reads the command
 * from `metadata.yaml` or `metadata` at its root, replaces tokens, and splits it by the quoting rules of a shell. No shell
 * runs.
 */
export interface ContainerSpec {
  name: ContainerName;
  /** The folder that holds the program and its metadata file. */
  program: string;
  workingDirectory: string;
  mounts: Mount[];
  /** Plain text replacements made in the command, in this order. */
  substitutions: [token: string, replacement: string][];
  /** What happens when the program has no metadata file: its files become output, or the container does not run. */
  withoutMetadata: "copy-to-output" | "error";
  /** Whether an exit code other than 0, or a missing command, fails the job. Otherwise it is only recorded. */
  mustSucceed: boolean;
}

/** A file of the output folder that is also uploaded on its own, if the step wrote it. */
export interface CollectedFile {
  /** File name of the object under the step's prefix. */
  as: string;
  /** Candidates relative to the output folder; the first that exists is taken. `*.html` is the first by name. */
  candidates: string[];
  /** A larger file is not uploaded. */
  maxBytes: number;
  /** Whether it is uploaded again whenever it changes while the step runs. */
  live: boolean;
}

export interface Limits {
  /** CPUs, as a decimal; 0 lets the worker decide. */
  cpus: number;
  memoryBytes: number;
  pids: number;
  /** Size of all folders of a step together after unpacking, and of what its containers may write. */
  diskBytes: number;
  /** Bytes that are kept of each log stream; a line in the log says that the rest was dropped. */
  logBytes: number;
  /** Largest output archive of a step. */
  outputBytes: number;
}

export interface Step<Location> {
  name: StepName;
  /** Image reference as the author of the job wrote it. */
  image: string;
  /** Wall-clock seconds for the containers of this step together, from their start. */
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

/** An object that a worker may fetch: a signed GET, and a name of its content that stays the same when the URL changes. */
export interface SignedObject {
  url: string;
  /** The same for the same content; the key of the worker's cache. */
  contentId: string;
}

/** A job as the database stores it. */
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

/** What a worker receives when it claims a job: everything to run one attempt at it, and nothing else. */
export interface Manifest {
  version: 1;
  attempt: {
    id: string;
    jobId: string;
    number: number;
    /** Id of the request that asked for the job, for logs. Jobs and platforms of earlier releases have none. */
    correlationId?: string;
  };
  /** The worker loses the attempt when it sends no heartbeat for so long. */
  leaseSeconds: number;
  heartbeatSeconds: number;
  job: Job<SignedObject>;
  upload: UploadPolicy;
  /** Only for workers whose launcher outlives them. */
  tasks?: EcsTaskPlan;
}

/** What a launcher can do. The platform tells launchers apart by nothing else. */
export interface LauncherCapabilities {
  /** Steps run as ECS tasks and go on when their worker ends. The next worker continues the attempt. */
  outlivesWorker: boolean;
}

/** How a worker introduces itself with every claim. */
export interface WorkerIdentity {
  /** Stable across restarts of the same worker on the same disk, so that attempts of an earlier life are found by it. */
  id: string;
  /** New for each start of the process. */
  instance: string;
  host: string;
  /** The launcher's name, for people. */
  launcher: string;
  capabilities: LauncherCapabilities;
  slots: number;
  version: string;
}

/** How far an attempt has come. Sent with heartbeats, and soon after it changes. */
export interface Progress {
  step: StepName;
  /**
   * preparing: fetching, unpacking, pulling; running: containers run; done: all of it ended, whatever the exit codes.
   */
  stage: "preparing" | "running" | "done";
  /** What the step waits for before it can run, in a few words for people: "waiting for capacity: GPU". */
  waiting?: string;
}

export interface ContainerReport {
  name: ContainerName;
  /** False when there was no command to run. */
  ran: boolean;
  /** 128 + n for signal n. Null if it did not run, or was killed before it could exit. */
  exitCode: number | null;
  outOfMemory: boolean;
  elapsedSeconds: number;
  logs: Record<StreamName, { bytes: number; truncated: boolean }>;
}

export interface Usage {
  /** From the start of the containers to the end of the last one. */
  wallSeconds: number;
  cpuSeconds: number;
  peakMemoryBytes: number;
  downloadedBytes: number;
  uploadedBytes: number;
  /** Seconds of fetching, unpacking and pulling before the containers started. */
  preparingSeconds: number;
}

export interface StepReport {
  name: StepName;
  containers: ContainerReport[];
  usage: Usage;
  /** Size of `<step>/output.zip`; null if there is none. */
  outputBytes: number | null;
  /** `as` names of the collected files that were uploaded. */
  collected: string[];
  /** MD5 in hexadecimal of each archive that was fetched from an object, by its label. */
  md5: Record<string, string>;
}

/**
 * Why an attempt failed. A closed list: first what the program, its data or its image did, then what the platform did.
 * Only after a failure of the platform is a job tried again automatically.
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
  "WORKER_LOST",
  "WORKER_ERROR",
  "STORAGE_ERROR",
  "IMAGE_PULL",
  "NO_CAPACITY",
  "PLATFORM_ERROR",
] as const;
export type FailureCode = (typeof failureCodes)[number];

const platformFailures: ReadonlySet<string> = new Set<FailureCode>([
  "WORKER_LOST",
  "WORKER_ERROR",
  "STORAGE_ERROR",
  "IMAGE_PULL",
  "NO_CAPACITY",
  "PLATFORM_ERROR",
]);

/** Whether the platform caused a failure, so that the job is tried again and nobody is blamed for it. */
export const isPlatformFailure = (code: string): boolean => platformFailures.has(code);

export interface Failure<Code extends string = FailureCode> {
  code: Code;
  /** One sentence for the person whose job it is: what happened and what to do. */
  message: string;
  step: StepName | null;
}

/** Why a job failed: its attempt did, or its owner found a fault in a run that succeeded and has its own code for it. */
export type JobFailure = Failure<string>;

/** The final report of an attempt. `released` gives the job back unchanged, for instance when a worker is told to stop. */
export interface AttemptReport {
  outcome: "succeeded" | "failed" | "cancelled" | "released";
  failure: Failure | null;
  steps: StepReport[];
}

/** Object names under `jobs/<attempt id>/`. The worker writes the objects, the platform reads them. */
export const artifacts = {
  prefix: (attemptId: string) => `jobs/${attemptId}/`,
  output: (step: StepName) => `${step}/output.zip`,
  collected: (step: StepName, as: string) => `${step}/${as}`,
  /** The whole log of a stream, written after its container has ended. */
  log: (step: StepName, container: ContainerName, stream: StreamName) => `${step}/${container}.${stream}.log`,
  logChunkPrefix: (step: StepName, container: ContainerName, stream: StreamName) => `${step}/${container}.${stream}/`,
  /** A piece of a growing log, named by the offset of its first byte, so that a listing is in the right order. */
  logChunk: (step: StepName, container: ContainerName, stream: StreamName, offset: number) =>
    `${step}/${container}.${stream}/${offset.toString().padStart(15, "0")}`,
  /**
   * Messages between a worker and the ECS task of a step: the order, renewed signatures, and the state of the ECS task.
   */
  ecsTaskOrder: (step: StepName) => `${step}/task/order.json`,
  ecsTaskRenewal: (step: StepName) => `${step}/task/renewal.json`,
  ecsTaskState: (step: StepName) => `${step}/task/state.json`,
};
