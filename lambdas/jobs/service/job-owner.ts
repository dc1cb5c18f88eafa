import type * as z from "zod";
import type { AttemptReport, JobFailure, Progress, StepName } from "../../../contract/job.ts";
import type { Fields } from "../../accounts/rules/audit.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import type { Context } from "../../kernel/context.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** How a job ended. `Result` is what the owner read from a successful run. The execution plane only passes it on. */
export type JobEnd<Result = unknown> =
  { state: "succeeded"; result: Result } | { state: "failed"; failure: JobFailure } | { state: "cancelled" };

/** A job in terms that people understand. */
export interface JobDescription {
  /** Fields for the API. */
  shown: Fields;
  /** Fields for events of the audit trail. */
  audited: Fields;
}

/**
 * The product that creates the jobs of one kind. The execution plane calls these functions. It calls all except `judge` and
 * `describe` in the transaction that changes the job.
 */
export interface JobOwner<Result = unknown> {
  readonly kind: string;
  /** The API fields that `describe` returns. */
  readonly shown: z.ZodObject;
  /** A worker has claimed a job. `firstStep` is the job's first step. */
  claimed(tx: Tx, jobId: string, firstStep: StepName, host: string): Promise<void>;
  /** The attempt at a job has made progress. */
  progressed(tx: Tx, jobId: string, progress: Progress, host: string): Promise<void>;
  /** A job is ready again, because its attempt failed or its worker released it. */
  returned(tx: Tx, jobId: string, failure: JobFailure | null): Promise<void>;
  /**
   * Decides how a job ends after its attempt succeeded. Runs before the transaction, because it may read the attempt's output.
   * `files` is the prefix of what the attempt left, in the jobs bucket: copies that nobody can replace.
   * The log of the context names the attempt.
   */
  judge(
    context: Context,
    attempt: { attemptId: string; jobId: string; files: string },
    report: AttemptReport,
  ): Promise<Exclude<JobEnd<Result>, { state: "cancelled" }>>;
  /** A job has ended. The report is null if no worker sent one. Returns false if the job no longer belongs to anything. */
  ended(
    tx: Tx,
    jobId: string,
    end: JobEnd<Result>,
    report: AttemptReport | null,
    context: Pick<Context, "environment" | "correlationId">,
  ): Promise<boolean>;
  /** The owner of the queue has replayed a quarantined job, which is ready again. */
  replayed(tx: Tx, by: UserAuthor, jobId: string): Promise<void>;
  /** Descriptions of jobs by id. Jobs that no longer belong to anything are left out. */
  describe(db: Db | Tx, jobIds: string[]): Promise<Map<string, JobDescription>>;
}

/** The owners of jobs by kind. */
export type JobOwners = ReadonlyMap<string, JobOwner>;

export const byKind = (...owners: JobOwner[]): JobOwners => new Map(owners.map((owner) => [owner.kind, owner]));

/**
 * The owner of a kind of job. Throws if there is none. The transaction then fails and the job stays unchanged, until a release
 * that has its owner handles it.
 */
export function ownerOf(owners: JobOwners, kind: string): JobOwner {
  const owner = owners.get(kind);
  if (!owner) throw new Error(`no owner of jobs of the kind "${kind}": there are ${[...owners.keys()].join(", ")}`);
  return owner;
}
