/** The calls to AWS Batch that submit, describe and end jobs. */
import { setTimeout as pause } from "node:timers/promises";
import {
  BatchClient,
  DescribeJobsCommand,
  JobStatus,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from "@aws-sdk/client-batch";
import type { JobDetail, SubmitJobCommandInput } from "@aws-sdk/client-batch";
import type { Log } from "../../log.ts";
import { backoffMs, retry } from "../../retry.ts";
import type { PlaceRefusal } from "../placed/backend.ts";
import { refusalOfException } from "./failures.ts";

/** The maximum number of jobs in one DescribeJobs call. */
export const describeBatch = 100;
/** How long a call is repeated when AWS Batch throttles it or does not answer. */
const patienceMs = 120_000;
const unended = [JobStatus.SUBMITTED, JobStatus.PENDING, JobStatus.RUNNABLE, JobStatus.STARTING, JobStatus.RUNNING];
const throttled = (error: unknown): boolean => refusalOfException(error).kind === "throttled";

/** Job queues of AWS Batch. Methods repeat throttled calls for a while, and then throw the error of the SDK. */
export class JobQueues {
  readonly #client: BatchClient;
  /** Sends a request once. AWS Batch runs a job twice that is submitted twice. */
  readonly #once: BatchClient;
  readonly #log: Log;

  constructor(client: BatchClient, log: Log) {
    this.#client = client;
    this.#once = new BatchClient({ maxAttempts: 1 });
    this.#log = log;
  }

  /**
   * Submits a job, or finds the one that the same request submitted before. Returns its id, or why there is none. Throws
   * only when `signal` is aborted. A job has no token that makes a repeated request harmless; only its name shows what an
   * answer that was lost had started.
   */
  async submit(request: SubmitJobCommandInput, signal: AbortSignal): Promise<string | PlaceRefusal> {
    const deadline = performance.now() + patienceMs;
    for (let tries = 0; ; tries++) {
      signal.throwIfAborted();
      try {
        const found = await this.#find(request);
        if (found !== undefined) return found;
        const { jobId = "" } = await this.#once.send(new SubmitJobCommand(request));
        return jobId;
      } catch (error) {
        const refusal = refusalOfException(error);
        if (refusal.kind !== "throttled" || performance.now() > deadline) return refusal;
        await pause(backoffMs(tries), undefined, { signal }).catch(() => {});
      }
    }
  }

  /** The first job of a name, if it waits, runs or ended in the last days. */
  async #find({ jobQueue, jobName = "" }: SubmitJobCommandInput): Promise<string | undefined> {
    const filters = [{ name: "JOB_NAME", values: [jobName] }];
    const { jobSummaryList = [] } = await this.#client.send(new ListJobsCommand({ jobQueue, filters }));
    const same = jobSummaryList.filter((job) => job.jobName === jobName);
    return same.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0))[0]?.jobId;
  }

  /** Jobs that AWS Batch knows, by id. It forgets a job a week after its end. */
  async describe(ids: string[]): Promise<Map<string, JobDetail>> {
    const { jobs = [] } = await this.#retried(() => this.#client.send(new DescribeJobsCommand({ jobs: ids })));
    return new Map(jobs.map((job) => [job.jobId ?? "", job]));
  }

  /** The jobs of a queue that wait or run. */
  async unended(jobQueue: string): Promise<{ id: string; name: string }[]> {
    const found: { id: string; name: string }[] = [];
    for (const jobStatus of unended) {
      let nextToken: string | undefined;
      do {
        const command = new ListJobsCommand({ jobQueue, jobStatus, nextToken });
        const list = await this.#retried(() => this.#client.send(command));
        nextToken = list.nextToken;
        for (const { jobId = "", jobName = "" } of list.jobSummaryList ?? []) found.push({ id: jobId, name: jobName });
      } while (nextToken !== undefined);
    }
    return found;
  }

  /** Ends a job, whether it waits or runs. Has no effect on one that has ended. Does not throw. */
  async terminate(jobId: string, reason: string, log = this.#log): Promise<void> {
    const command = new TerminateJobCommand({ jobId, reason: reason.slice(0, 1024) });
    await this.#retried(() => this.#client.send(command)).catch((error: Error) => {
      log.warn("task.unstopped", { task: jobId, error });
    });
  }

  #retried<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, { forMs: patienceMs, again: throttled });
  }
}
