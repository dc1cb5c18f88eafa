/** The child process in which an `Archiver` packs and unpacks. */
import { writeFile } from "node:fs/promises";
import type { FailureCode } from "../contract/job.ts";
import { readCommand } from "../lambdas/jobs/rules/command.ts";
import { StepFailure } from "./failure.ts";
import { pack } from "./pack.ts";
import { copyTree } from "./tree.ts";
import { DiskBudget, unpack } from "./unpack.ts";
import type { UnpackOptions } from "./unpack.ts";

/** Shared by all archives that this process unpacks, which are those of one step. */
let budget: DiskBudget | undefined;

/** What the parent process can order. Arguments and results are values that messages between processes can hold. */
const work = {
  pack,
  copyTree,
  readCommand,
  /** Like `unpack`. `maxBytes` is for all archives of this process together. */
  unpack: (
    archive: string,
    folder: string,
    { maxBytes, ...options }: Omit<UnpackOptions, "budget"> & { maxBytes: number },
  ) => unpack(archive, folder, { ...options, budget: (budget ??= new DiskBudget(maxBytes)) }),
};
export type Work = typeof work;

/** From the parent process: do this. */
export interface Order {
  id: number;
  name: keyof Work;
  args: unknown[];
}

/** To the parent process: an order is done, or has failed. `code` is that of the operating system. */
export interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string; failure?: FailureCode; code?: string | undefined };
}

/** Does what the parent process orders, until that closes the channel or ends. */
export async function archive(): Promise<void> {
  // The parent process decides when this one ends. A terminal and a service manager signal both.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
  // When memory runs out, the kernel ends this process and not the worker.
  await writeFile("/proc/self/oom_score_adj", "1000").catch(() => {});
  process.on("message", (order: Order) => void answer(order));
  await new Promise((resolve) => process.once("disconnect", resolve));
}

async function answer({ id, name, args }: Order): Promise<void> {
  const send = (said: Answer) => process.connected && process.send?.(said);
  try {
    const order = work[name] as (...args: unknown[]) => unknown;
    send({ id, result: await order(...args) });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    send({ id, error: { message, ...(error instanceof StepFailure ? { failure: error.code } : { code }) } });
  }
}
