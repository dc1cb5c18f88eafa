import { statfs } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { DiskUse } from "./disk-use.ts";
import { DiskFailure, readableSize, StepFailure } from "./failure.ts";
import type { Log } from "./log.ts";

export const defaultReserveBytes = 1e9;

/** Asking a file system takes no time, and a program can write a gigabyte in a second. */
const lookPauseMs = 200;
/** How long a step waits for space before it starts. */
const patienceMs = 30_000;
/** The largest share of a file system that is kept free, of its bytes and of its entries. */
const maxShare = 0.05;

/** A step that runs and can be stopped. */
interface RunningStep {
  diskUse: () => Promise<DiskUse>;
  stop: (failure: StepFailure) => void;
}

/** An attempt on this machine. Its files remain until it leaves. */
export interface Occupant {
  /**
   * Waits before a step starts while less than the reserve is left, because files of an ended attempt may be removed just now.
   * Throws `StepFailure` WORKER_ERROR when there is no space after that, and the signal's reason.
   */
  require(signal: AbortSignal): Promise<void>;
  /** Watches a step until the returned function is called. */
  watch(step: RunningStep): () => void;
  /** Call it when all files of the attempt were removed. */
  leave(): void;
}

/** For a step that has a disk of its own. */
export const ownDisk: Occupant = { require: () => Promise.resolve(), watch: () => () => {}, leave: () => {} };

/**
 * Keeps a reserve on the disks of this machine that programs can fill, for the platform and other steps. The disk limits of
 * steps do not: they may add up to more than a disk has, and other software writes too. When less is left, no step starts,
 * and the running step that occupies most is stopped.
 */
export class FreeSpace {
  readonly #isLow: () => Promise<boolean>;
  readonly #maxWaitMs: number;
  readonly #log: Log;
  readonly #running = new Map<symbol, RunningStep>();
  /** The attempt whose step was stopped. Nothing else is stopped before its files were removed. */
  #stopped: symbol | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(isLow: () => Promise<boolean>, log: Log, maxWaitMs = patienceMs) {
    this.#isLow = isLow;
    this.#maxWaitMs = maxWaitMs;
    this.#log = log;
  }

  enter(): Occupant {
    const id = Symbol("attempt");
    return {
      require: (signal) => this.#require(signal),
      watch: (step) => {
        this.#running.set(id, step);
        this.#schedule();
        return () => this.#running.delete(id);
      },
      leave: () => {
        this.#running.delete(id);
        if (this.#stopped === id) this.#stopped = null;
      },
    };
  }

  async #require(signal: AbortSignal): Promise<void> {
    const end = performance.now() + this.#maxWaitMs;
    while (await this.#isLow()) {
      signal.throwIfAborted();
      if (performance.now() >= end) throw notStarted();
      await pause(lookPauseMs);
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      void this.#look().finally(() => {
        this.#timer = undefined;
        if (this.#running.size > 0) this.#schedule();
      });
    }, lookPauseMs);
  }

  async #look(): Promise<void> {
    if (this.#stopped !== null || !(await this.#isLow())) return;
    const uses = await Promise.all(
      [...this.#running].map(async ([id, step]) => ({ id, step, use: await useOf(step) })),
    );
    const [largest] = uses.sort((a, b) => b.use.bytes - a.use.bytes || b.use.entries - a.use.entries);
    // It may have ended meanwhile.
    if (largest === undefined || this.#running.get(largest.id) !== largest.step) return;
    this.#stopped = largest.id;
    const used = readableSize(largest.use.bytes);
    this.#log.warn("disk.low", { bytes: largest.use.bytes, entries: largest.use.entries });
    largest.step.stop(
      new DiskFailure(
        "WORKER_ERROR",
        `The disk of the worker became nearly full. This program was stopped because it occupied most, ${used}, although that is within its disk limit.`,
      ),
    );
  }
}

const notStarted = () =>
  new StepFailure(
    "WORKER_ERROR",
    "The disk of the worker is nearly full, so the program was not started. The program did not cause this.",
  );

/** A step that cannot be measured does not keep the others from being stopped. */
const useOf = (step: RunningStep): Promise<Pick<DiskUse, "bytes" | "entries">> =>
  step.diskUse().catch(() => ({ bytes: 0, entries: 0 }));

/** Asks whether one of the file systems of these paths has less left than the reserve. */
export const lessLeftThan = (reserveBytes: number, paths: string[]) => async (): Promise<boolean> => {
  const low = await Promise.all(paths.map((path) => isLow(path, reserveBytes)));
  return low.includes(true);
};

async function isLow(path: string, reserveBytes: number): Promise<boolean> {
  const found = await statfs(path).catch(() => null);
  if (found === null) return false;
  const { bsize, blocks, bavail, files, ffree } = found;
  const reserve = Math.min(reserveBytes, maxShare * blocks * bsize);
  // Some file systems have no limit on entries, and say 0.
  return bavail * bsize < reserve || (files > 0 && ffree < maxShare * files);
}
