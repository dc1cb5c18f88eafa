import type * as z from "zod";
import type { AttemptReport, JobFailure, Progress, StepName } from "../../../contract/job.ts";
import type { Fields } from "../../accounts/rules/audit.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** How a job ended. `Result` is what its owner read from a run that succeeded; the execution plane only passes it on. */
export type JobEnd<Result = unknown> =
  { state: "succeeded"; result: Result } | { state: "failed"; failure: JobFailure } | { state: "cancelled" };

/** What a job is, to people. */
export interface JobDescription {
  /** In the API. */
  shown: Fields;
  /** In an event of the audit trail. */
  audited: Fields;
}

/**
 * What the jobs of one kind mean to the product that makes them. The execution plane calls its functions, all but `judge` and
 * `describe` in the transaction that changes the job.
 */
export interface JobOwner<Result = unknown> {
  readonly kind: string;
  /** The fields of the API in which `describe` shows a job. */
  readonly shown: z.ZodObject;
  /** A worker has claimed a job, whose first step is given. */
  claimed(tx: Tx, jobId: string, firstStep: StepName, host: string): Promise<void>;
  /** The attempt at a job has come further. */
  progressed(tx: Tx, jobId: string, progress: Progress, host: string): Promise<void>;
  /** A job is ready again without having ended, because of a failure or because its worker gave it back. */
  returned(tx: Tx, jobId: string, failure: JobFailure | null): Promise<void>;
  /**
   * Decides how a job whose attempt succeeded ends. Runs before the transaction, because it may read what the attempt left.
   * The log of the context names the attempt.
   */
  judge(
    context: Context,
    attempt: { attemptId: string; jobId: string },
    report: AttemptReport,
  ): Promise<Exclude<JobEnd<Result>, { state: "cancelled" }>>;
  /** A job has ended. The report is null if no worker sent one. False if the job belongs to nobody any more. */
  ended(tx: Tx, jobId: string, end: JobEnd<Result>, report: AttemptReport | null): Promise<boolean>;
  /** A quarantined job is ready again by the will of its queue's owner. */
  replayed(tx: Tx, by: UserAuthor, jobId: string): Promise<void>;
  /** What jobs are, by their ids. Jobs that belong to nobody any more are left out. */
  describe(db: Db | Tx, jobIds: string[]): Promise<Map<string, JobDescription>>;
}

/** The owners of jobs by kind. */
export type JobOwners = ReadonlyMap<string, JobOwner>;

export const byKind = (...owners: JobOwner[]): JobOwners => new Map(owners.map((owner) => [owner.kind, owner]));

/**
 * The owner of a kind of job. Throws if there is none: then the transaction fails, and the job stays as it was for a release
 * that has its owner.
 */
export function ownerOf(owners: JobOwners, kind: string): JobOwner {
  const owner = owners.get(kind);
  if (!owner) throw new Error(`no owner of jobs of the kind "${kind}": there are ${[...owners.keys()].join(", ")}`);
  return owner;
}
