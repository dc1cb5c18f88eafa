/**
 * Jobs, which the execution plane runs. A job is an ordered list of steps. A step is one or two containers that run at the same
 * time and share folders. These types know no product: any product can run containers through jobs.
 */

/** The name of a step, chosen by its job. Folders and the object keys of the step's output contain it. */
export type StepName = string;
/** Valid names of steps. They are safe in paths, object keys and names of ECS tasks. */
export const stepNamePattern = /^[a-z][a-z0-9-]{0,31}$/;
/** Maximum number of steps of a job. */
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
    /**
     * Whether a folder that contains everything else, including the metadata of a program, is removed: its content is unpacked
     * in its place.
     */
    liftTopFolder?: boolean;
    /** Whether the object is a single file instead of an archive. It becomes the file at `at`. */
    isFile?: boolean;
    /**
     * Whether links are kept that lead out of the folder, or to nothing: they lead to what the container has there. Only for a
     * folder with one archive, which no container writes to.
     */
    strayLinks?: boolean;
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
 * One container of a step. After unpacking the program folder, the worker reads the command from `metadata.yaml` or `metadata`
 * at its root, replaces tokens, and splits it by the quoting rules of a shell. No shell runs.
 */
export interface ContainerSpec {
  name: ContainerName;
  /** The folder that holds the program and its metadata file. */
  program: string;
  /** The command. Then no metadata file is read. */
  argv?: string[];
  workingDirectory: string;
  mounts: Mount[];
  /** Plain text replacements in the command, in this order. */
  substitutions: [token: string, replacement: string][];
  /** What happens when the program has no metadata file: its files become output, or the container does not run. */
  withoutMetadata: "copy-to-output" | "error";
  /** Whether an exit code other than 0, or a missing command, fails the job. Otherwise it is only recorded. */
  mustSucceed: boolean;
}

/** A file of the output folder that is also uploaded separately, if it exists. */
export interface CollectedFile {
  /** File name of the object under the step's prefix. */
  as: string;
  /** Paths relative to the output folder; the first that exists is used. `*.html` is the first such file by name. */
  candidates: string[];
  /** A larger file is not uploaded. */
  maxBytes: number;
  /** Whether each change of it is uploaded while the step runs. */
  live: boolean;
}

export interface Limits {
  /** CPUs, as a decimal; 0 lets the worker decide. */
  cpus: number;
  memoryBytes: number;
  pids: number;
  /** Limit on the total size of a step's folders after unpacking, and on what its containers write. */
  diskBytes: number;
  /** Limit on the bytes kept of each log stream. A line in the log says that the rest was dropped. */
  logBytes: number;
  /** Maximum size of a step's output archive. */
  outputBytes: number;
}

export interface Step<Location> {
  name: StepName;
  /** Image reference as the author of the job wrote it. */
  image: string;
  /** Wall-clock limit for the step, from the start of its containers. */
  timeLimitSeconds: number;
  network: "none" | "open";
  limits: Limits;
  /** The capacity profile, for workers that run steps as ECS tasks; the standard one if left out. */
  profile?: string;
  folders: Folder<Location>[];
  containers: ContainerSpec[];
  /** The folder whose content is zipped and uploaded as `<step>/output.zip`. */
  output: string;
  /**
   * What the archive leaves out, as patterns of paths (see `lambdas/jobs/rules/left-out.ts`). The archive then has no file
   * `metadata` from the worker.
   */
  leaveOut?: string[];
  collect: CollectedFile[];
  /** Whether it answers questions about its output folder and the ports of its program while its containers run. */
  answers?: boolean;
}

/** A question to a running step: about its output folder, a change of that, or something for its program. */
export type Question = FolderQuestion | PortQuestion;

/** Paths are relative, "" is the folder. */
export type FolderQuestion =
  /** What is at a path, and below it to a depth: 0 is the item itself. */
  | { kind: "list"; path: string; depth: number }
  /** Bytes of a file. A negative `from` counts from its end. At most `maxAnswerBytes` are read. */
  | { kind: "read"; path: string; from: number; length: number }
  /** Replaces a file, or creates it. Its folder must exist. */
  | { kind: "write"; path: string; text: string };

/** Connects to a port that the program listens on. Bytes are in base64. */
export type PortQuestion =
  /** Sends bytes, and reads until the program closes the connection. */
  | { kind: "send"; port: number; bytes: string }
  /** Sends a request of HTTP. The path begins with a slash. */
  | { kind: "request"; port: number; method: string; path: string; headers: Record<string, string>; bytes: string };

/** The most bytes that a program may answer on a port. */
export const maxPortBytes = 3_900_000;
/** How long a program may take to answer on a port. */
export const maxPortMs = 15_000;

/** The most bytes of a file that one answer has. */
export const maxAnswerBytes = 8 * 1024 ** 2;
/** The most files, folders and links that one answer lists. */
export const maxListed = 10_000;

/** A question to an attempt. Its answer is the object `artifacts.answer`. */
export interface AskedQuestion {
  id: string;
  attempt: string;
  step: StepName;
  question: Question;
}

/** A file, folder or link of a running step. */
export interface SeenItem {
  name: string;
  kind: "file" | "folder" | "link" | "special";
  /** Bytes. */
  size: number;
  /** Permission bits. */
  mode: number;
  /** Where a link leads. */
  target?: string;
  /** What a folder has, as far as it was asked for. */
  contents?: SeenItem[];
}

/** The first line of an answer, as JSON. After it come the bytes that were read. */
export type AnswerHead =
  | { kind: "list"; item: SeenItem; isCut: boolean }
  /** `size` is that of the file, `from` where the bytes begin. */
  | { kind: "read"; size: number; from: number }
  | { kind: "written" }
  /** What the program sent, until it closed the connection, or the time or the most bytes were over. */
  | { kind: "sent" }
  /** A response of HTTP. The body follows. */
  | { kind: "response"; status: number; headers: Record<string, string> }
  | { kind: "missing" }
  | { kind: "refused"; why: string };

export interface Job<Location> {
  steps: Step<Location>[];
}

/** An object in one of the deployment's buckets. */
export interface ObjectRef {
  bucket: "uploads" | "jobs";
  key: string;
}

/** An object that a worker may fetch: a signed URL, and an id of its content that stays the same when the URL changes. */
export interface SignedObject {
  url: string;
  /** Equal for equal content. The worker uses it as the key of its cache. */
  contentId: string;
}

/** A job as the database stores it. */
export type JobSpec = Job<ObjectRef>;

/** A signed POST policy. It allows any number of uploads with keys that start with `keyPrefix`, each up to `maxBytes`. */
export interface UploadPolicy {
  url: string;
  fields: Record<string, string>;
  keyPrefix: string;
  maxBytes: number;
}

/**
 * Signed URLs for the objects through which the ECS task of a step and its worker exchange messages. The objects need not exist
 * yet.
 */
export interface EcsTaskLinks {
  /** Like the attempt's policy, but only for objects of this step. */
  upload: UploadPolicy;
  order: string;
  renewal: string;
  state: string;
  /** What the worker tells the task while it runs. Platforms of the previous release give none. */
  messages?: string;
  /** The output archive of the step, for the steps after it. */
  output: SignedObject;
}

/** Why an ECS task stopped, as ECS reports it. */
export interface StoppedEcsTask {
  /** The stop code of ECS, such as SpotInterruption; null if there is none. */
  code: string | null;
  reason: string;
  containers: { name: string; exitCode: number | null; reason: string | null }[];
}

/**
 * One request to ECS to run a step of an attempt. It is stored before it is sent, so that a repeated request starts only one
 * ECS task.
 */
export interface Launch {
  step: StepName;
  /** Counts from 1 for each step of an attempt. */
  number: number;
  /** The RunTask request. */
  request: Record<string, unknown>;
  /** Null until ECS has answered. */
  taskArn: string | null;
  /** Null until ECS has reported that the task stopped. */
  stopped: StoppedEcsTask | null;
}

/** A capacity profile on hosts that were requested at run time. */
export interface RuntimeProfile {
  cpu: number;
  memoryMiB: number;
  diskGiB: number;
  gpus: number;
  /** The end of the name of its capacity provider. The worker knows the beginning. */
  capacity: string;
}

/** The part of a manifest for steps that run as ECS tasks. Such an attempt continues when its worker ends. */
export interface EcsTaskPlan {
  links: Partial<Record<StepName, EcsTaskLinks>>;
  /** Launches by earlier workers of this attempt. */
  launches: Launch[];
  /** Capacity profiles of the job that were made at run time, by name, in addition to those that the worker knows. */
  profiles?: Record<string, RuntimeProfile>;
}

/** What a worker receives when it claims a job: exactly what it needs to run one attempt. */
export interface Manifest {
  version: 1;
  attempt: {
    id: string;
    jobId: string;
    number: number;
    /** Id of the request that created the job, for logs. Jobs and platforms of earlier releases have none. */
    correlationId?: string;
  };
  /** The worker loses the attempt if it sends no heartbeat for this long. */
  leaseSeconds: number;
  heartbeatSeconds: number;
  job: Job<SignedObject>;
  upload: UploadPolicy;
  /** Only for workers whose steps continue when they end. */
  tasks?: EcsTaskPlan;
}

/** What a launcher can do. The platform uses only this to treat launchers differently. */
export interface LauncherCapabilities {
  /** Whether steps run as ECS tasks and continue when their worker ends. The next worker then continues the attempt. */
  outlivesWorker: boolean;
}

/** What a worker says about itself with every claim. */
export interface WorkerIdentity {
  /** Stays the same when a worker restarts on the same disk, so that the platform finds attempts from before the restart. */
  id: string;
  /** New at each start of the process. */
  instance: string;
  host: string;
  /** The launcher's name, for people. */
  launcher: string;
  capabilities: LauncherCapabilities;
  slots: number;
  version: string;
}

/** What `waiting` begins with while a step gets no capacity. The platform counts such jobs. */
export const waitingForCapacity = "waiting for capacity";
/** What `waiting` begins with while a host starts for a step. */
export const waitingForHost = "waiting for a host";

/** Whether a step has no place to run yet. Its attempt then needs no slot of its worker. */
export const waitsForPlace = ({ waiting = "" }: Progress): boolean =>
  waiting.startsWith(waitingForCapacity) || waiting.startsWith(waitingForHost);

/** The progress of an attempt. Sent with heartbeats, and soon after each change. */
export interface Progress {
  step: StepName;
  /**
   * preparing: fetching, unpacking, pulling; running: containers run; done: all containers have ended, with any exit code.
   */
  stage: "preparing" | "running" | "done";
  /** Why the step cannot run yet, in a few words for people: "waiting for capacity: GPU". */
  waiting?: string;
}

export interface ContainerReport {
  name: ContainerName;
  /** False if there was no command. */
  ran: boolean;
  /** 128 + n for signal n. Null if it did not run, or was killed without an exit code. */
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
  /** Seconds spent fetching, unpacking and pulling before the containers started. */
  preparingSeconds: number;
}

/** All codes of warnings that workers report. */
export const stepWarningCodes = [
  /** All files of a program that has no metadata, and so becomes output, are in one folder. */
  "SINGLE_FOLDER",
  /** Files of the output folder are not in the output archive. */
  "OUTPUT_LEFT_OUT",
  /** A program ran, and left nothing for the next step. */
  "OUTPUT_EMPTY",
  /** Files have other names in the output archive. */
  "OUTPUT_RENAMED",
  /** A collected file is too large. */
  "FILE_TOO_LARGE",
] as const;

/** Something that went wrong without failing the step. */
export interface Warning<Code extends string = (typeof stepWarningCodes)[number]> {
  code: Code;
  /** Sentences for the owner of the job: what happened and what to do. */
  message: string;
}

export interface StepReport {
  name: StepName;
  containers: ContainerReport[];
  usage: Usage;
  /** Size of `<step>/output.zip`; null if there is none. */
  outputBytes: number | null;
  /** The `as` names of the collected files that were uploaded. */
  collected: string[];
  /** Hexadecimal MD5 of each archive that was fetched from a bucket, by label. */
  md5: Record<string, string>;
  /** Workers of earlier releases report none. */
  warnings?: Warning<string>[];
}

/**
 * All codes of failed attempts. First those caused by the program, its data or its image, then those caused by the platform.
 * Only failures of the platform are retried automatically.
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
  /** Somebody ended the program, and what it had written was kept. */
  "ENDED",
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

/** Whether the platform caused a failure. The job is then retried, and its owner is not at fault. */
export const isPlatformFailure = (code: string): boolean => platformFailures.has(code);

export interface Failure<Code extends string = FailureCode> {
  code: Code;
  /** One sentence for the owner of the job: what happened and what to do. */
  message: string;
  step: StepName | null;
}

/** Why a job failed. The code is that of its attempt, or the owner's own code if it rejected a run that succeeded. */
export type JobFailure = Failure<string>;

/** The final report of an attempt. `released` returns the job unchanged, for example because the worker must stop. */
export interface AttemptReport {
  outcome: "succeeded" | "failed" | "cancelled" | "released";
  failure: Failure | null;
  /** Why the machine of the worker can run no programs, as a sentence: then the job is released for another worker. */
  unwell?: string;
  steps: StepReport[];
}

/** Object names under `jobs/<attempt id>/`. The worker writes the objects, the platform reads them. */
export const artifacts = {
  prefix: (attemptId: string) => `jobs/${attemptId}/`,
  output: (step: StepName) => `${step}/output.zip`,
  collected: (step: StepName, as: string) => `${step}/${as}`,
  answer: (step: StepName, question: string) => `${step}/answers/${question}`,
  /** The whole log of a stream, written after its container has ended. */
  log: (step: StepName, container: ContainerName, stream: StreamName) => `${step}/${container}.${stream}.log`,
  logChunkPrefix: (step: StepName, container: ContainerName, stream: StreamName) => `${step}/${container}.${stream}/`,
  /** A piece of a growing log. Its name is the offset of its first byte, so that listings have the right order. */
  logChunk: (step: StepName, container: ContainerName, stream: StreamName, offset: number) =>
    `${step}/${container}.${stream}/${offset.toString().padStart(15, "0")}`,
  /**
   * Messages between a worker and the ECS task of a step: the order, renewed signatures, the state of the ECS task, and
   * questions to it.
   */
  ecsTaskOrder: (step: StepName) => `${step}/task/order.json`,
  ecsTaskRenewal: (step: StepName) => `${step}/task/renewal.json`,
  ecsTaskState: (step: StepName) => `${step}/task/state.json`,
  ecsTaskMessages: (step: StepName) => `${step}/task/messages.json`,
};
