/** Ends runs: stores what they wrote, and says how they ended. */
import { artifacts } from "../../../../contract/job.ts";
import { messageOf } from "../../../../contract/log.ts";
import { discardJobs } from "../../../jobs/db/stop-jobs.ts";
import { UnusableArchive } from "../../../jobs/rules/archives/entries.ts";
import { enqueueErasure } from "../../../jobs/service/erase.ts";
import { transact, type Context } from "../../../kernel/context.ts";
import type { Tx } from "../../../kernel/db/connection.ts";
import { enqueue } from "../../../kernel/db/outbox.ts";
import { ObjectReader } from "../../../kernel/objects/object-reader.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { findBundles, type Bundle } from "../../db/bundles.ts";
import type { NewContents } from "../../db/contents.ts";
import { addRunSeconds, endedJobOf, stalledRuns, type EndedJob } from "../../db/runs.ts";
import { runStep } from "../../rules/compile-run.ts";
import { quotaMessage, runEnd, type RunEnd } from "../../rules/run-end.ts";
import { storeContents } from "../contents/store.ts";
import { endBundle } from "../contents/end.ts";
import { zipMembers } from "../contents/zip-members.ts";
import { enqueueNext } from "./next.ts";

/** For how long the platform tries to store what a run wrote. */
const maxStoreMs = 6 * 3_600_000;

/** Ends a run whose job has ended. Safe to repeat. */
export async function finishRun(context: Context, uuid: string): Promise<void> {
  const job = await endedJobOf(context.db, uuid);
  const [bundle] = await findBundles(context.db, null, [uuid]);
  if (!job || !bundle) return;
  const failure = job.state === "succeeded" ? null : (job.failure ?? "cancelled");
  const end = runEnd(failure, job.report, job.bounds);
  const startedAt = context.now().getTime();
  const keep = (contents: NewContents | null, { state, metadata }: RunEnd) => {
    const time_uploading_results = Math.max(0.001, (context.now().getTime() - startedAt) / 1000);
    const all = { ...metadata, time_cleaning_up: 0, time_uploading_results, run_status: "Finished" };
    return endBundle(context, bundle, { contents, state, metadata: all }, (tx) => settle(tx, context, bundle, job));
  };
  try {
    await storeOutput(context, bundle, job, (contents) => keep(contents, end));
  } catch (error) {
    const endedAt = Number(bundle.metadata["last_updated"] ?? 0) * 1000;
    const givesUp = startedAt - endedAt > maxStoreMs;
    if (!(error instanceof UnusableArchive) && !(error instanceof Refusal) && !givesUp) throw error;
    const isQuota = error instanceof Refusal && error.code === "QUOTA_EXCEEDED";
    const failure_message = isQuota ? quotaMessage("disk") : `What the run wrote cannot be stored: ${messageOf(error)}`;
    await keep(null, { state: "failed", metadata: { ...end.metadata, failure_message } });
  }
}

/** Counts the time of a run, lets go of its job, and starts the next run that waited for it. */
async function settle(tx: Tx, context: Context, { owner_id: owner, uuid }: Bundle, job: EndedJob): Promise<void> {
  if (job.isServedByPlatform) await addRunSeconds(tx, owner, uuid, wallSeconds(job));
  // Also takes it out of quarantine: its owner starts another run.
  await discardJobs(tx, [job.id]);
  await enqueueErasure(tx, context, { jobIds: [job.id], uploads: [] });
  await enqueueNext(tx, context, owner);
}

const wallSeconds = ({ report }: EndedJob): number =>
  report?.steps.reduce((sum, { usage }) => sum + usage.wallSeconds, 0) ?? 0;

/** Stores what a run wrote, if there is anything, and passes it to `keep`. */
async function storeOutput(
  context: Context,
  bundle: Bundle,
  { attempt, keptPrefix }: EndedJob,
  keep: (contents: NewContents | null) => Promise<void>,
): Promise<void> {
  if (attempt === null) return keep(null);
  const key = (keptPrefix ?? artifacts.prefix(attempt)) + artifacts.output(runStep);
  const output = { bucket: "jobs" as const, key };
  const info = await context.objects.head(output);
  if (!info) return keep(null);
  const reader = new ObjectReader(context.objects, output, info);
  try {
    await storeContents(context, bundle, { kind: "members", members: zipMembers(reader) }, keep);
  } finally {
    reader.close();
  }
}

const stalledSeconds = 120;
const maxStalled = 100;

/** Starts and ends runs whose message was lost. */
export async function continueStalledRuns(context: Context): Promise<void> {
  const { environment, correlationId } = context;
  await transact(context, async (tx) => {
    const runs = await stalledRuns(tx, stalledSeconds, maxStalled);
    const messages = runs.map(({ uuid, state }) => ({
      type: state === "finalizing" ? "finish-run" : "start-run",
      bundle: uuid,
    }));
    await enqueue(tx, environment.CONTROL_QUEUE, correlationId, ...messages);
  });
}
