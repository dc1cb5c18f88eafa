import { Annotations } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { type Deployment, isInsideOnly } from "./deployment.ts";
import { publicAddresses } from "./public-addresses.ts";

/**
 * Lets a group send nothing but what is added to it as rules, which are separate resources. AWS allows all outbound traffic for a
 * group without rules of its own.
 */
export function refuseOutbound(group: ec2.SecurityGroup): void {
  (group.node.defaultChild as ec2.CfnSecurityGroup).securityGroupEgress = [
    { cidrIp: "255.255.255.255/32", ipProtocol: "icmp", fromPort: 252, toPort: 86, description: "Nothing" },
  ];
}

/**
 * The VPC of the platform: a new one in two zones, the minimum for the subnet group of a database, or an existing one.
 * Workers and steps with a network run in public subnets. The database and the functions that use it are in the
 * isolated subnets, named `inside`, which have no route to the internet, so there is no NAT gateway to pay for. Where an
 * institution allows no internet gateway, everything is in its inside subnets, which then have a way out of its own.
 */
export class Network extends Construct {
  readonly vpc: ec2.IVpc;
  readonly inside: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  /** Where workers and steps with a network run. */
  readonly public: ec2.SubnetSelection;
  /** Whether they have public addresses there, through which they reach the internet. */
  readonly hasPublicAddresses: boolean;
  /** Whether the existing VPC has endpoints for S3 and SQS. */
  readonly hasEndpoints: boolean;
  /** The security group of all functions inside. One group lets them share network interfaces. */
  readonly functions: ec2.SecurityGroup;
  /** The security group of the worker service. */
  readonly workers: ec2.SecurityGroup;
  /** The security group of the gateway for the contents of worksheet bundles, if there is one. */
  readonly gateway: ec2.SecurityGroup | undefined;
  /** The security group of steps that may use the internet. */
  readonly openSteps: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, { deployment }: { deployment: Deployment }) {
    super(scope, id);
    const existing = deployment.existingVpc;
    this.hasEndpoints = existing?.hasEndpoints ?? false;
    this.hasPublicAddresses = !existing || !isInsideOnly(existing);
    this.public = this.hasPublicAddresses ? { subnetType: ec2.SubnetType.PUBLIC } : this.inside;
    this.vpc = existing
      ? ec2.Vpc.fromVpcAttributes(this, "Vpc", {
          vpcId: existing.vpcId,
          availabilityZones: existing.availabilityZones,
          ...(this.hasPublicAddresses ? { publicSubnetIds: existing.publicSubnetIds } : {}),
          isolatedSubnetIds: existing.insideSubnetIds,
          isolatedSubnetRouteTableIds: existing.insideRouteTableIds,
        })
      : new ec2.Vpc(this, "Vpc", {
          ipAddresses: ec2.IpAddresses.cidr("10.0.0.0/16"),
          maxAzs: 2,
          natGateways: 0,
          restrictDefaultSecurityGroup: true,
          // With fixed masks, a group that is added at the end later takes new addresses and moves no existing subnet.
          subnetConfiguration: [
            { name: "public", subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: false },
            { name: "inside", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
          ],
        });
    if (existing)
      Annotations.of(this).acknowledgeWarning(
        "@aws-cdk/aws-ec2:noSubnetRouteTableId",
        "No routes are added to public subnets.",
      );
    this.functions = this.#group("Functions", "Functions inside the VPC");
    // Only VPC endpoints are reachable on this port: no other route leaves these subnets.
    this.functions.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "AWS services by their endpoints");
    this.workers = this.#group("Workers", "Workers");
    this.workers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "AWS services, the API and registries of images");
    if (deployment.worksheets.gatewayTasks > 0) {
      this.gateway = this.#group("Gateway", "Gateway for the contents of worksheet bundles");
      this.gateway.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "AWS services, and files that people name");
    }
    this.openSteps = this.#group("OpenSteps", "Steps that may use the internet");
    // The internet only: an existing VPC may have connections to other private networks.
    for (const addresses of publicAddresses())
      this.openSteps.addEgressRule(ec2.Peer.ipv4(addresses), ec2.Port.allTraffic(), "The internet");
  }

  /** A security group that admits no traffic. */
  #group(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}
