/** What a submission is as a bundle (docs/worksheets.md, W-171). */
import type { BundleState } from "./bundle.ts";

const states: Readonly<Record<string, BundleState>> = {
  Submitting: "created",
  Submitted: "staged",
  Preparing: "preparing",
  Running: "running",
  Scoring: "running",
  Finished: "ready",
  Failed: "failed",
  Cancelled: "killed",
};

/** The state of a bundle that stands for a submission with a status. */
export const stateOfSubmission = (status: string): BundleState => states[status] ?? "created";
