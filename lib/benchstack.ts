import { Stack } from "aws-cdk-lib";
import { Construct } from "constructs";
import { areas } from "../lambdas/functions/areas.ts";
import { parseDeployment } from "./deployment.ts";
import type { Platform } from "./exports.ts";
import { useFeatureFlags } from "./feature-flags.ts";
import { addPlatform } from "./platform.ts";
import { type BenchstackProps, refuseStackOptions } from "./props.ts";

/**
 * A Benchstack platform in a stack of your own CDK app: all that runs competitions.
 *
 * ```ts
 * const bench = new Benchstack(stack, "Bench", { mode: "trial" });
 * new CfnOutput(stack, "Url", { value: bench.url });
 * ```
 *
 * Never change the id (here `Bench`) of a platform that is deployed: CloudFormation would replace its database and its
 * buckets with empty ones. For a platform that you deployed with the app in our repository, use `BenchstackStack`.
 */
export class Benchstack extends Construct {
  /** Wrong props throw an error with a sentence for each of them. */
  constructor(scope: Construct, id: string, props: BenchstackProps = {}) {
    super(scope, id);
    useFeatureFlags(this);
    refuseStackOptions(props);
    const deployment = parseDeployment({ ...props, name: Stack.of(this).stackName });
    Object.assign(this, addPlatform(this, { deployment, areas }));
  }
}

export interface Benchstack extends Platform {}
