import type { Duplex } from "node:stream";
import type { ContainerName, Limits, Step } from "../../contract/job.ts";
import type { DiskUse } from "../disk-use.ts";
import type { Log } from "../log.ts";

/** A folder of this machine that a container mounts at `path`. */
export interface BoundFolder {
  hostPath: string;
  path: string;
  readOnly: boolean;
}

/** Receives bytes in order. When `write` returns a promise, the next write waits for it. */
export interface ByteSink {
  write(bytes: Buffer): Promise<void> | undefined;
}

/** Everything that a launcher needs to run one program. */
export interface LaunchRequest {
  attempt: string;
  /** Name of the container in its step. */
  name: ContainerName;
  image: string;
  /** The command, started without a shell. With `docker`, the image's entry point comes before it. */
  argv: string[];
  workingDirectory: string;
  folders: BoundFolder[];
  network: Step<unknown>["network"];
  limits: Pick<Limits, "cpus" | "memoryBytes" | "pids" | "diskBytes">;
  stdout: ByteSink;
  stderr: ByteSink;
  /**
   * An empty folder for the launcher's use during this container. It counts towards the disk limit and is removed with
   * the attempt.
   */
  scratch: string;
  /** For what concerns this program. */
  log: Log;
}

export interface ContainerEnd {
  /** 128 + n when signal n ended the program. */
  exitCode: number;
  /** Whether the kernel killed a process because of the memory limit. */
  outOfMemory: boolean;
  elapsedSeconds: number;
  cpuSeconds: number;
  peakMemoryBytes: number;
}

/** A started program. */
export interface RunningContainer {
  /**
   * Resolves when all its processes have ended and its output was written to the sinks. Rejects with a `StepFailure`
   * when the launcher lost the program.
   */
  ended: Promise<ContainerEnd>;
  /** Kills all its processes, so that it ends with the exit code of SIGKILL. Does nothing when it has ended. */
  kill(): Promise<void>;
  /** What it wrote outside its folders and its scratch folder. */
  useOutsideFolders(): Promise<DiskUse>;
}

/**
 * How a worker runs programs. A request is complete in itself, and callers keep no state about images or containers, so
 * a launcher may prepare containers in advance.
 */
export interface Launcher {
  /** The name of the launcher. */
  readonly kind: string;
  /** Paths on the file systems that programs can fill, beside that of the worker's home. */
  readonly disks: string[];
  /**
   * Removes containers that this worker left running before it was restarted. Call it once, before the first `launch`.
   * Returns their number.
   */
  removeLeftovers(): Promise<number>;
  /**
   * Makes the image ready for `launch` and `reclaim`, until the attempt's images are released. Throws `StepFailure`
   * IMAGE_NOT_FOUND or IMAGE_PULL.
   */
  prepareImage(image: string, attempt: string, log: Log): Promise<void>;
  /** The attempt has ended, so its images may be removed. Does not throw. */
  releaseImages(attempt: string): Promise<void>;
  /**
   * Starts a program and returns when it runs. Throws `StepFailure` when it cannot be started. What remains of it then
   * is removed with the attempt's containers.
   */
  launch(request: LaunchRequest): Promise<RunningContainer>;
  /** Connects to a port of the program of an attempt that runs. Throws `Unreachable`. */
  connect(attempt: string, port: number): Promise<Duplex>;
  /** Measures a folder in which containers of `image` wrote folders that this process may not read. */
  measure(folder: string, image: string, signal: AbortSignal): Promise<DiskUse>;
  /**
   * The attempt has ended: removes its containers, even running ones. Resolves when they are gone, which takes as long
   * as the engine does not answer. Does not throw.
   */
  removeContainers(attempt: string, log: Log): Promise<void>;
  /** Makes files that containers of `image` wrote into a folder readable and removable for this process. */
  reclaim(folder: string, image: string): Promise<void>;
}

/** A launcher whose containers run on the worker's own machine. */
export interface MachineLauncher extends Launcher {
  /** Runs a program that does nothing. Throws when that fails. `scratch` is an empty folder. */
  trial(scratch: string): Promise<void>;
}
