import { readFileSync } from "node:fs";
import type { Construct } from "constructs";
import { fromRoot } from "./root.ts";

/** Creates what is below a construct with the feature flags of cdk.json, whatever flags its app has. */
export function useFeatureFlags(construct: Construct): void {
  const { context } = JSON.parse(readFileSync(fromRoot("cdk.json"), "utf8")) as { context: Record<string, unknown> };
  for (const [flag, value] of Object.entries(context)) construct.node.setContext(flag, value);
}
