import * as z from "zod";
import type { JobOwner } from "../../../jobs/service/job-owner.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { enqueue } from "../../../kernel/db/outbox.ts";
import { runsOfJobs, setRunState } from "../../db/runs.ts";

const preparing = "The worker fetches the image and what the run depends on.";

const seconds = (date = new Date()): number => Math.floor(date.getTime() / 1000);

/** Updates runs when their jobs change. */
export const runJobs: JobOwner<null> = {
  kind: "run",
  shown: z.object({ bundle: z.string(), name: z.string() }),

  async claimed(tx, jobId, _, host) {
    await setRunState(tx, jobId, "preparing", {
      remote: host,
      run_status: preparing,
      last_updated: seconds(),
    });
  },

  async progressed(tx, jobId, { stage, waiting }, host) {
    if (stage === "done") return;
    const isRunning = stage === "running";
    await setRunState(tx, jobId, isRunning ? "running" : "preparing", {
      remote: host,
      run_status: isRunning ? "Running" : (waiting ?? preparing),
      last_updated: seconds(),
      ...(isRunning && { started: seconds() }),
    });
  },

  /** Shows the run as waiting again, with the reason. */
  async returned(tx, jobId, failure) {
    const why = failure ? `${failure.message} It will be tried again.` : "The worker stopped. It will be tried again.";
    await setRunState(tx, jobId, "staged", { staged_status: why });
  },

  judge: () => Promise.resolve({ state: "succeeded", result: null }),

  /** What the run wrote is stored afterwards: see `finishRun`. */
  async ended(tx, jobId, _end, _report, { environment, correlationId }) {
    const run = await setRunState(tx, jobId, "finalizing", { last_updated: seconds() });
    if (!run) return false;
    await enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "finish-run", bundle: run.uuid });
    return true;
  },

  /** What it wrote is stored already, so that it cannot run again. */
  async replayed(tx, _, jobId) {
    if (!(await setRunState(tx, jobId, "staged", { staged_status: "Waits for a worker." })))
      throw new Refusal("conflict", "RUN_ENDED", "This run has ended. Its owner starts a new one.");
  },

  async describe(db, jobIds) {
    const runs = await runsOfJobs(db, jobIds);
    return new Map(
      runs.map(({ job, uuid, name }) => [job, { shown: { bundle: uuid, name }, audited: { bundle: uuid } }]),
    );
  },
};
