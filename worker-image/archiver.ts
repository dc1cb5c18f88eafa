import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { StepName } from "../contract/job.ts";
import type { Answer, Order, Work } from "./archiver-process.ts";
import { StepFailure } from "./failure.ts";

/** Enough for an archive with the most entries. */
const maxHeapMiB = 1_500;
/** How long one archive may take to be unpacked, in seconds. */
const maxUnpackSeconds = 1_200;
/** How long an output may take to be packed, in seconds. */
const maxPackSeconds = 1_200;
/** How much of what a dying process says is logged, in characters. */
const maxLastWords = 2_000;
/** Variables that Node.js and its dates use. The process needs no other, and so has no secret. */
const inherited = /^(NODE_\w+|TZ)$/;
/** The program with the command `archive`: main.ts or, in the worker image, the one file that it is bundled into. */
const program = import.meta.filename.replace(/archiver\.ts$/, "main.ts");

/** Starts an archiver for the archives of a step. When one takes too long, it fails with BAD_ARCHIVE. */
export const unpackerOf = (step: StepName, signal: AbortSignal): Archiver =>
  new Archiver({
    task: `unpacks the archives of ${step}`,
    maxSeconds: maxUnpackSeconds,
    tooSlow: new StepFailure(
      "BAD_ARCHIVE",
      `An archive of ${step} could not be unpacked within ${maxUnpackSeconds} s, which is the limit. Give it fewer or smaller files.`,
    ),
    signal,
  });

/** Starts an archiver for the output of a step. When it takes too long, it fails with OUTPUT_TOO_LARGE. */
export const packerOf = (step: StepName, signal: AbortSignal): Archiver =>
  new Archiver({
    task: `packs the output of ${step}`,
    maxSeconds: maxPackSeconds,
    tooSlow: new StepFailure(
      "OUTPUT_TOO_LARGE",
      `The output of ${step} could not be packed within ${maxPackSeconds} s, which is the limit. Write fewer or smaller files.`,
    ),
    signal,
  });

export interface ArchiverOptions {
  /** What its process does, in messages: `packs the output of prediction`. */
  task: string;
  /** How long one order may take. */
  maxSeconds: number;
  /** What an order fails with that takes longer. */
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
  /** Why the process was killed or has ended. */
  #end: Error | undefined;
  readonly #onAbort = () => this.#kill(this.#options.signal.reason as Error);

  constructor(options: ArchiverOptions) {
    this.#options = options;
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
    const { maxSeconds, tooSlow } = this.#options;
    const clock = setTimeout(() => this.#kill(tooSlow), maxSeconds * 1000);
    // An order that cannot be sent fails with the end of the process.
    this.#process.send({ id, name, args } satisfies Order, () => {});
    try {
      return (await promise) as Awaited<ReturnType<Work[Name]>>;
    } finally {
      clearTimeout(clock);
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
