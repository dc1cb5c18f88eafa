/** What kinds of bundles there are, and the states that they go through. */

export const bundleTypes = ["dataset", "program", "make", "run"] as const;
export type BundleType = (typeof bundleTypes)[number];

export const bundleStates = [
  "uploading",
  "created",
  "staged",
  "making",
  "starting",
  "preparing",
  "running",
  "finalizing",
  "worker_offline",
  "ready",
  "failed",
  "killed",
] as const;
export type BundleState = (typeof bundleStates)[number];

/** States that never change again. */
const finalStates: readonly BundleState[] = ["ready", "failed", "killed"];
/** States in which something works on the bundle, so that it cannot be deleted. */
const activeStates: readonly BundleState[] = ["making", "starting", "preparing", "running", "finalizing"];

export const isFinal = (state: BundleState): boolean => finalStates.includes(state);
export const isActive = (state: BundleState): boolean => activeStates.includes(state);
