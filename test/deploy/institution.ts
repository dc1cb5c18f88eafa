import { App, CfnOutput, Fn, SecretValue, Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";

/**
 * What an institution has before it deploys: a network, and the owner of a database in it, given as JSON in
 * TEST_DATABASE_OWNER. A CDK app of its own; its outputs go into the deployment's config.
 */
const stack = new Stack(new App(), "Institution", { description: "What was there before" });
const vpc = new ec2.Vpc(stack, "Vpc", {
  maxAzs: 2,
  natGateways: 0,
  // Which takes a function that calls EC2 with the SDK of Lambda itself.
  restrictDefaultSecurityGroup: false,
  subnetConfiguration: [
    { name: "public", subnetType: ec2.SubnetType.PUBLIC },
    { name: "inside", subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  ],
});
const group = new ec2.SecurityGroup(stack, "Database", { vpc });
const owner = new secretsmanager.Secret(stack, "Owner", {
  secretStringValue: SecretValue.unsafePlainText(process.env.TEST_DATABASE_OWNER ?? ""),
});

const list = (values: string[]) => values.join(",");
for (const [name, value] of Object.entries({
  vpcId: vpc.vpcId,
  availabilityZones: list(vpc.availabilityZones),
  publicSubnetIds: list(vpc.publicSubnets.map(({ subnetId }) => subnetId)),
  insideSubnetIds: list(vpc.isolatedSubnets.map(({ subnetId }) => subnetId)),
  insideRouteTableIds: list(vpc.isolatedSubnets.map(({ routeTable }) => routeTable.routeTableId)),
  securityGroupId: group.securityGroupId,
  // The ARN in AWS and in the emulator, whose Ref is a name.
  ownerSecretArn: Fn.getAtt(stack.getLogicalId(owner.node.defaultChild as secretsmanager.CfnSecret), "Id").toString(),
}))
  new CfnOutput(stack, name, { value });
