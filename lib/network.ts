import * as ec2 from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";

/**
 * One VPC in two zones, the least a database's subnet group takes. Public subnets are for workers and open step tasks;
 * isolated ones, named `inside`, for the database and the functions that use it. Nothing has a route from inside to
 * the internet, so there is no NAT gateway to pay.
 */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  readonly inside: ec2.SubnetSelection = { subnetGroupName: "inside" };
  /** Shared by all functions inside, so that they share network interfaces too. */
  readonly functions: ec2.SecurityGroup;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, "Vpc", {
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
    this.functions = new ec2.SecurityGroup(this, "Functions", {
      vpc: this.vpc,
      description: "Functions inside the VPC",
      allowAllOutbound: false,
    });
    // TLS reaches only what has an endpoint: no other route leaves these subnets.
    this.functions.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "AWS services by their endpoints");
  }
}
