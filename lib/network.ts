import { Annotations } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";
import { publicAddresses } from "./public-addresses.ts";

/**
 * One VPC in two zones, the least a database's subnet group takes, or the institution's own. Public subnets are for
 * workers and open steps; isolated ones, named `inside`, for the database and the functions that use it. Nothing has a
 * route from inside to the internet, so there is no NAT gateway to pay.
 */
export class Network extends Construct {
  readonly vpc: ec2.IVpc;
  readonly inside: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  readonly public: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PUBLIC };
  /** Whether S3 and SQS are the VPC's owner's to give. */
  readonly hasEndpoints: boolean;
  /** Shared by all functions inside, so that they share network interfaces too. */
  readonly functions: ec2.SecurityGroup;
  /** Of the worker service. */
  readonly workers: ec2.SecurityGroup;
  /** Of steps that may use the internet. */
  readonly openSteps: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, { deployment }: { deployment: Deployment }) {
    super(scope, id);
    const existing = deployment.existingVpc;
    this.hasEndpoints = existing?.hasEndpoints ?? false;
    this.vpc = existing
      ? ec2.Vpc.fromVpcAttributes(this, "Vpc", {
          vpcId: existing.vpcId,
          availabilityZones: existing.availabilityZones,
          publicSubnetIds: existing.publicSubnetIds,
          isolatedSubnetIds: existing.insideSubnetIds,
          isolatedSubnetRouteTableIds: existing.insideRouteTableIds,
        })
      : new ec2.Vpc(this, "Vpc", {
          ipAddresses: ec2.IpAddresses.cidr("10.0.0.0/16"),
          maxAzs: 2,
          natGateways: 0,
          restrictDefaultSecurityGroup: true,
          // Masks are given so that a group added at the end takes new addresses and moves none of these.
          subnetConfiguration: [
            { name: "public", subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: false },
            { name: "inside", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
          ],
        });
    if (existing)
      Annotations.of(this).acknowledgeWarning(
        "@aws-cdk/aws-ec2:noSubnetRouteTableId",
        "Nothing is routed in public subnets.",
      );
    this.functions = this.#group("Functions", "Functions inside the VPC");
    // TLS reaches only what has an endpoint: no other route leaves these subnets.
    this.functions.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "AWS services by their endpoints");
    this.workers = this.#group("Workers", "Workers");
    this.workers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "AWS services, the API and registries of images");
    this.openSteps = this.#group("OpenSteps", "Steps that may use the internet");
    // The internet, and not what else its VPC leads to: an institution's own has peers and lines of its own.
    for (const addresses of publicAddresses())
      this.openSteps.addEgressRule(ec2.Peer.ipv4(addresses), ec2.Port.allTraffic(), "The internet");
  }

  /** A group that nothing gets into. */
  #group(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}
