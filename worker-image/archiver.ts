import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { StepName } from "../contract/job.ts";
import type { Answer, Order, Work } from "./archiver-process.ts";
import { HostFault, StepFailure } from "./failure.ts";

/** Enough for an archive with the most entries. */
const maxHeapMiB = 1_500;
/** How long packing and unpacking may take, in seconds, beside what the bytes take. */
const baseSeconds = 120;
/** A slow disk does more in a second. The disk limit bounds bytes and entries, so it bounds the time as well. */
const bytesPerSecond = 50e6;
/** Clock ticks of the kernel in a second, in /proc. */
const ticksPerSecond = 100;
/** How much of what a dying process says is logged, in characters. */
const maxLastWords = 2_000;
/** Variables that Node.js and its dates use. The process needs no other, and so has no secret. */
const inherited = /^(NODE_\w+|TZ)$/;
/** The program with the command `archive`: main.ts or, in the worker image, the one file that it is bundled into. */
const program = import.meta.filename.replace(/archiver\.ts$/, "main.ts");

/** How long the archives of a step, or its output, may take that has such a disk limit, in seconds. */
export const maxSecondsFor = (diskBytes: number): number => Math.round(baseSeconds + diskBytes / bytesPerSecond);

/** Whether the content is why it took too long. Otherwise, the machine was busy or its disk hung. */
export const workedFor = (cpuSeconds: number, maxSeconds: number): boolean => cpuSeconds > maxSeconds / 2;

/** Starts an archiver for the archives of a step. If they are why it takes too long, it fails with BAD_ARCHIVE. */
export function unpackerOf(step: StepName, diskBytes: number, signal: AbortSignal): Archiver {
  const maxSeconds = maxSecondsFor(diskBytes);
  return new Archiver({
    task: `unpacks the archives of ${step}`,
    maxSeconds,
    tooSlow: new StepFailure(
      "BAD_ARCHIVE",
      `The archives of ${step} could not be unpacked within ${maxSeconds} s, which is the limit that belongs to the disk limit. Give them fewer or smaller files.`,
    ),
    signal,
  });
}

/** Starts an archiver for the output of a step. If it is why it takes too long, it fails with OUTPUT_TOO_LARGE. */
export function packerOf(step: StepName, diskBytes: number, signal: AbortSignal): Archiver {
  const maxSeconds = maxSecondsFor(diskBytes);
  return new Archiver({
    task: `packs the output of ${step}`,
    maxSeconds,
    tooSlow: new StepFailure(
      "OUTPUT_TOO_LARGE",
      `The output of ${step} could not be packed within ${maxSeconds} s, which is the limit that belongs to the disk limit. Write fewer or smaller files.`,
    ),
    signal,
  });
}

export interface ArchiverOptions {
  /** What its process does, in messages: `packs the output of prediction`. */
  task: string;
  /** How long its orders may take together, without the time in which it has none. */
  maxSeconds: number;
  /** What they fail with when they take longer and their content is why. */
  tooSlow: StepFailure;
  /** When aborted, the process is killed. Orders fail with its reason. */
  signal: AbortSignal;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Packs, unpacks and parses files that strangers made. It does so in a process of its own, because libraries may crash or
 * hang on what they find. Then only the orders to this process fail. It has no secret and limited memory.
 */
export class Archiver {
  readonly #options: ArchiverOptions;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #orders = 0;
  #lastWords = "";
  #leftMs: number;
  #clock: { timer: NodeJS.Timeout; startedAt: number } | undefined;
  /** Why the process was killed or has ended. */
  #end: Error | undefined;
  readonly #onAbort = () => this.#kill(this.#options.signal.reason as Error);

  constructor(options: ArchiverOptions) {
    this.#options = options;
    this.#leftMs = options.maxSeconds * 1000;
    this.#process = fork(program, ["archive"], {
      execArgv: [`--max-old-space-size=${maxHeapMiB}`, "--max-semi-space-size=1"],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.test(name))),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const listen = (piece: Buffer) => {
      this.#lastWords = (this.#lastWords + piece.toString()).slice(-maxLastWords);
    };
    this.#process.stdout?.on("data", listen);
    this.#process.stderr?.on("data", listen);
    this.#process.on("message", (answer: Answer) => this.#settle(answer));
    this.#process.once("error", (error) => this.#ended(error.message));
    this.#process.once("close", (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    options.signal.addEventListener("abort", this.#onAbort);
    if (options.signal.aborted) this.#onAbort();
  }

  /** The id of its process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Lets the process do something. Throws what it throws, `tooSlow`, the signal's reason, or WORKER_ERROR if it died. */
  async order<Name extends keyof Work>(
    name: Name,
    ...args: Parameters<Work[Name]>
  ): Promise<Awaited<ReturnType<Work[Name]>>> {
    if (this.#end) throw this.#end;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++this.#orders;
    this.#waiting.set(id, { resolve, reject });
    this.#clock ??= { timer: setTimeout(() => void this.#tooSlow(), this.#leftMs), startedAt: performance.now() };
    // An order that cannot be sent fails with the end of the process.
    this.#process.send({ id, name, args } satisfies Order, () => {});
    try {
      return (await promise) as Awaited<ReturnType<Work[Name]>>;
    } finally {
      if (this.#waiting.size === 0) this.#stopClock();
    }
  }

  /** Ends the process, which has answered all orders. */
  close(): void {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    if (this.#process.connected) this.#process.disconnect();
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!error) waiting?.resolve(result);
    else if (error.failure) waiting?.reject(new StepFailure(error.failure, error.message));
    else waiting?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  #stopClock(): void {
    if (!this.#clock) return;
    clearTimeout(this.#clock.timer);
    this.#leftMs -= performance.now() - this.#clock.startedAt;
    this.#clock = undefined;
  }

  async #tooSlow(): Promise<void> {
    const { task, maxSeconds, tooSlow } = this.#options;
    const cpuSeconds = await cpuSecondsOf(this.#process.pid);
    const message = `The process of the worker that ${task} did not end within ${maxSeconds} s, because the machine was too slow.`;
    this.#kill(workedFor(cpuSeconds, maxSeconds) ? tooSlow : new HostFault("WORKER_ERROR", message));
  }

  /** Orders fail when the process has ended, so that none writes into a folder that is being removed. */
  #kill(why: Error): void {
    this.#end ??= why;
    this.#process.kill("SIGKILL");
  }

  #ended(how: string): void {
    const message = `The process of the worker that ${this.#options.task} ended unexpectedly (${how}).`;
    this.#end ??= new StepFailure("WORKER_ERROR", message, { cause: new Error(`${how} ${this.#lastWords}`.trim()) });
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}

/** The CPU time of a process and of the kernel for it; 0 if it has ended. */
async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name of the program, which may have spaces, ends with the last parenthesis.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}
