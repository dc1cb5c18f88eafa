/** The runner's handle of a process.ts process. It leads a process group, so that its child processes end with it. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FileNews, FileOrder, FileOutcome } from "./messages.ts";

const program = fileURLToPath(new URL("./process.ts", import.meta.url));
/** How long a process may take to end before it is killed. */
const patienceMs = 5_000;

export class TestProcess {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = "";

  constructor(environment: NodeJS.ProcessEnv) {
    this.#process = fork(program, { env: environment, execArgv: [], silent: true, detached: true });
    const closed = once(this.#process, "close");
    this.#ended = once(this.#process, "exit").then(() => {
      this.#kill();
      return Promise.race([closed, pause(1000)]);
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output = (this.#output + text).slice(-20_000)));
  }

  /** The last 20,000 characters that the latest file printed. */
  get output(): string {
    return this.#output;
  }

  /** Runs one file. Throws a sentence if the file does not end. The process can then no longer be used. */
  async run(order: FileOrder, limitMs: number): Promise<FileOutcome> {
    this.#output = "";
    let parts: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<FileOutcome>();
    const listen = (news: FileNews) => (news.type === "done" ? resolve(news.outcome) : (parts = news.parts));
    const during = () => (parts.length > 0 ? ` during ${parts.map((name) => `"${name}"`).join(" and ")}` : "");
    const timer = setTimeout(() => {
      reject(new Error(overdue(limitMs, during())));
      this.#kill();
    }, limitMs);
    const gone = this.#ended.then(() => {
      const { exitCode, signalCode } = this.#process;
      throw new Error(`The process of the file ended${during()}, with ${signalCode ?? `exit code ${exitCode}`}.`);
    });
    this.#process.on("message", listen);
    this.#process.send(order);
    try {
      const outcome = await Promise.race([promise, gone]);
      // What the file printed before its outcome is in the other pipe, which is read in the same turn.
      await nextTurn();
      return outcome;
    } finally {
      clearTimeout(timer);
      this.#process.off("message", listen);
    }
  }

  /** Ends the process and all its child processes. */
  async end(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#kill(), patienceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #kill(): void {
    try {
      process.kill(-this.#process.pid!, "SIGKILL");
    } catch {
      // The group has no processes left.
    }
  }
}

const overdue = (limitMs: number, during: string): string =>
  `The file was still running after ${limitMs / 1000} s${during}: a test hangs, or something it waits for never comes.`;
