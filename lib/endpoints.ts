import { Aws } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Network } from "./network.ts";
import type { Queues } from "./queues.ts";
import type { Storage } from "./storage.ts";

/**
 * What functions inside the VPC can reach beside the database: S3 by a gateway endpoint, which is free, and SQS by an
 * interface endpoint in one zone. Both let this account's principals at this deployment's buckets and queues and at
 * nothing else, so that somebody else's keys are of no use in here.
 */
export class Endpoints extends Construct {
  constructor(scope: Construct, id: string, props: { network: Network; storage: Storage; queues: Queues }) {
    super(scope, id);
    const { network, storage, queues } = props;

    const s3 = new ec2.GatewayVpcEndpoint(this, "S3", {
      vpc: network.vpc,
      service: ec2.GatewayVpcEndpointAwsService.S3,
      subnets: [network.inside],
    });
    s3.addToPolicy(
      ours(
        ["s3:*"],
        storage.buckets.flatMap((bucket) => [bucket.bucketArn, bucket.arnForObjects("*")]),
      ),
    );

    // Its private name holds in the whole VPC, so workers in public subnets come by here as well, and steps cannot.
    const sqs = new ec2.InterfaceVpcEndpoint(this, "Sqs", {
      vpc: network.vpc,
      service: ec2.InterfaceVpcEndpointAwsService.SQS,
      subnets: { subnets: network.vpc.selectSubnets(network.inside).subnets.slice(0, 1) },
      open: false,
    });
    for (const group of [network.functions, network.workers]) sqs.connections.allowDefaultPortFrom(group);
    sqs.addToPolicy(ours(["sqs:*"], queues.arns));
  }
}

/** Lets this account's principals do something with resources, and nobody else anything. */
export const ours = (actions: string[], resources: string[]): iam.PolicyStatement =>
  new iam.PolicyStatement({
    principals: [new iam.AnyPrincipal()],
    actions,
    resources,
    conditions: { StringEquals: { "aws:PrincipalAccount": Aws.ACCOUNT_ID } },
  });
