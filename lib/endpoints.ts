import { Aws } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Network } from "./network.ts";
import type { Queues } from "./queues.ts";
import type { Storage } from "./storage.ts";

/**
 * The VPC endpoints of functions inside: a gateway endpoint for S3, which is free, and an interface endpoint for SQS in
 * one zone. Both allow the principals of this account to use the buckets and queues of this deployment, and nothing
 * else. Credentials of another account are therefore useless inside.
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

    // Its private DNS name applies to the whole VPC, so workers in public subnets use it as well. Steps cannot.
    const sqs = new ec2.InterfaceVpcEndpoint(this, "Sqs", {
      vpc: network.vpc,
      service: ec2.InterfaceVpcEndpointAwsService.SQS,
      subnets: { subnets: network.vpc.selectSubnets(network.inside).subnets.slice(0, 1) },
      open: false,
    });
    for (const group of [network.functions, network.workers, network.gateway])
      if (group) sqs.connections.allowDefaultPortFrom(group);
    sqs.addToPolicy(ours(["sqs:*"], queues.arns));
  }
}

/** A statement that allows the principals of this account, and nobody else, to use resources. */
export const ours = (actions: string[], resources: string[]): iam.PolicyStatement =>
  new iam.PolicyStatement({
    principals: [new iam.AnyPrincipal()],
    actions,
    resources,
    conditions: { StringEquals: { "aws:PrincipalAccount": Aws.ACCOUNT_ID } },
  });
