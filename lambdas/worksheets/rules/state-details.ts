/** A sentence about the state of a bundle. */
import type { BundleState, BundleType } from "./bundle.ts";
import type { Metadata } from "./metadata.ts";

const ofAll: Record<BundleState, string> = {
  uploading: "Bundle contents are being uploaded.",
  created: "Bundle has been created but its contents are not there yet.",
  staged: "Bundle’s dependencies are all ready.",
  making: "Bundle contents are being put together.",
  starting: "Bundle is about to run.",
  preparing: "Waiting for the worker to download the image and the dependencies of the run.",
  running: "The command of the bundle is being run.",
  finalizing: "The results of the run are being stored.",
  worker_offline: "The worker that runs the bundle has not reported for a while.",
  ready: "Bundle is ready.",
  failed: "Bundle has failed.",
  killed: "Bundle was killed by a person.",
};

const ofRuns: Partial<Record<BundleState, string>> = {
  created: "Run has been created. Waiting for its dependencies.",
  staged: "Run is waiting for a worker.",
  ready: "Run has ended successfully.",
};

/** What the state means, or what the platform has written down about it. */
export function stateDetails(type: BundleType, state: BundleState, metadata: Metadata): string {
  const { staged_status: waits, run_status: does } = metadata;
  if (state === "staged" && typeof waits === "string" && waits !== "") return waits;
  if ((state === "preparing" || state === "running") && typeof does === "string" && does !== "") return does;
  return (type === "run" ? ofRuns[state] : undefined) ?? ofAll[state];
}
