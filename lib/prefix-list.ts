import { RemovalPolicy } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import * as custom from "aws-cdk-lib/custom-resources";
import type { Construct } from "constructs";

/** The id of a list of addresses that AWS keeps, which CloudFormation cannot look up by its name. */
export function managedPrefixList(scope: Construct, id: string, name: string): string {
  const call: custom.AwsSdkCall = {
    service: "EC2",
    action: "describeManagedPrefixLists",
    parameters: { Filters: [{ Name: "prefix-list-name", Values: [name] }] },
    physicalResourceId: custom.PhysicalResourceId.of(id),
    outputPaths: ["PrefixLists.0.PrefixListId"],
  };
  return new custom.AwsCustomResource(scope, id, {
    resourceType: `Custom::${id}`,
    onUpdate: call,
    policy: custom.AwsCustomResourcePolicy.fromStatements([
      new iam.PolicyStatement({ actions: ["ec2:DescribeManagedPrefixLists"], resources: ["*"] }),
    ]),
    installLatestAwsSdk: false,
    logGroup: new logs.LogGroup(scope, `${id}Logs`, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  }).getResponseField("PrefixLists.0.PrefixListId");
}
