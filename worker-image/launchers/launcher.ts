import type { ContainerName, Limits, Step, WorkerIdentity } from "../../contract/job.ts";
import type { Log } from "../log.ts";

/** A folder of this machine, seen by a container at `path`. */
export interface BoundFolder {
  hostPath: string;
  path: string;
  readOnly: boolean;
}

/** Takes bytes in order. When it returns a promise, the writer waits for it before the next write. */
export interface ByteSink {
  write(bytes: Buffer): Promise<void> | undefined;
}

/** Everything a launcher needs to run one program once. */
export interface LaunchRequest {
  attempt: string;
  /** Of the container in its step. */
  name: ContainerName;
  image: string;
  /** Started without a shell; with `docker` the image's entry point stays in front of it. */
  argv: string[];
  workingDirectory: string;
  folders: BoundFolder[];
  network: Step<unknown>["network"];
  limits: Pick<Limits, "cpus" | "memoryBytes" | "pids" | "diskBytes">;
  stdout: ByteSink;
  stderr: ByteSink;
  /** An empty folder of this container's own, for the launcher's use. It counts as disk and goes with the attempt. */
  scratch: string;
  /** For what concerns this program. */
  log: Log;
}

export interface ContainerEnd {
  /** 128 + n when signal n ended it. */
  exitCode: number;
  /** The memory limit made the kernel end a process of it. */
  outOfMemory: boolean;
  elapsedSeconds: number;
  cpuSeconds: number;
  peakMemoryBytes: number;
}

/** A program that was started. */
export interface RunningContainer {
  /**
   * Settles once, when every process of it is gone and all its output went to the sinks. Rejects with a `StepFailure`
   * when the launcher lost it.
   */
  ended: Promise<ContainerEnd>;
  /** Ends every process of it at once. Harmless when it has ended. */
  kill(): Promise<void>;
  /** Bytes it wrote outside its folders and scratch folder. */
  bytesOutsideFolders(): Promise<number>;
  /** Removes what is left of it, running or not. Does not throw. */
  remove(): Promise<void>;
}

/**
 * How a worker runs programs. Callers hand over the whole request at once and keep no state about images or
 * containers between calls, so a launcher is free to take a container that it started beforehand.
 */
export interface Launcher {
  readonly kind: WorkerIdentity["launcher"];
  /** Removes what an earlier life of this worker left running. Returns how many containers that was. */
  removeLeftovers(): Promise<number>;
  /** Makes the image ready to launch. Throws `StepFailure` IMAGE_NOT_FOUND or IMAGE_PULL. */
  prepareImage(image: string, log: Log): Promise<void>;
  /** Starts a program; returns when it runs. Throws a `StepFailure` when it cannot be started, and leaves nothing. */
  launch(request: LaunchRequest): Promise<RunningContainer>;
  /** Makes files that containers of `image` left in a folder readable and removable for this process. */
  reclaim(folder: string, image: string): Promise<void>;
}
