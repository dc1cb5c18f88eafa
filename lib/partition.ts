import { Aws, CfnRule, Fn, Stack, Token } from "aws-cdk-lib";
import { RegionInfo } from "aws-cdk-lib/region-info";
import type { Construct } from "constructs";

const sentence =
  "Benchstack cannot be deployed to AWS China, to GovCloud or to other regions apart from the rest of AWS: they have no CloudFront, or another one, and the platform is reached through it. Choose a region of the partition aws, or run the platform on one machine (docs/one-machine.md).";

/**
 * Refuses a deploy outside the partition `aws`, for whose services and addresses the stack is written. The CDK CLI may know
 * the region now. CloudFormation always knows the partition, before it creates anything.
 */
export function requirePartition(scope: Construct): void {
  const stack = Stack.of(scope);
  const region = Token.isUnresolved(stack.region) ? process.env["CDK_DEFAULT_REGION"] : stack.region;
  const { partition } = region === undefined ? {} : RegionInfo.get(region);
  // Of a region that is newer than the CDK, only CloudFormation knows it.
  if (partition !== undefined && partition !== "aws") throw new Error(sentence);
  new CfnRule(scope, "Partition", {
    assertions: [{ assert: Fn.conditionEquals(Aws.PARTITION, "aws"), assertDescription: sentence }],
  });
}
