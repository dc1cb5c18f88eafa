import { Aws } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as route53resolver from "aws-cdk-lib/aws-route53resolver";
import { Construct } from "constructs";
import { ours } from "./endpoints.ts";
import type { Images } from "./images.ts";
import { refuseOutbound } from "./network.ts";
import { managedPrefixList } from "./prefix-list.ts";
import type { Storage } from "./storage.ts";

/**
 * The VPC of steps that must have no network. It has no connection to the platform's VPC. Its ECS tasks reach the
 * objects of this deployment through signed URLs, and the images in its repositories, and nothing else. A DNS firewall
 * resolves no other names, so that no data leaves in DNS queries. Such a firewall applies to a whole VPC, so these
 * steps have their own.
 */
export class DarkNetwork extends Construct {
  readonly vpc: ec2.Vpc;
  readonly steps: ec2.SecurityGroup;
  /** The security group of EC2 hosts, which pull images and report to ECS for their ECS tasks. */
  readonly hosts: ec2.SecurityGroup | undefined;
  readonly ecsTasks: ec2.SubnetSelection = { subnetGroupName: "tasks" };

  constructor(
    scope: Construct,
    id: string,
    { storage, images, withHosts }: { storage: Storage; images: Images; withHosts: boolean },
  ) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, "Vpc", {
      ipAddresses: ec2.IpAddresses.cidr("10.1.0.0/16"),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: "tasks", subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 18 },
        ...(withHosts
          ? [{ name: "hosts", subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: true }]
          : []),
      ],
    });
    this.steps = new ec2.SecurityGroup(this, "Steps", {
      vpc: this.vpc,
      description: "Steps without a network",
      allowAllOutbound: false,
    });
    refuseOutbound(this.steps);
    if (withHosts) {
      this.hosts = new ec2.SecurityGroup(this, "Hosts", {
        vpc: this.vpc,
        description: "Hosts of steps",
        allowAllOutbound: false,
      });
      this.hosts.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, "ECS and ECR");
    }
    this.#allowObjects(storage);
    this.#allowImages(images);
    this.#closeDns();
  }

  #allowObjects(storage: Storage): void {
    const s3 = new ec2.GatewayVpcEndpoint(this, "S3", {
      vpc: this.vpc,
      service: ec2.GatewayVpcEndpointAwsService.S3,
      subnets: [this.ecsTasks],
    });
    s3.addToPolicy(
      ours(
        ["s3:GetObject"],
        storage.buckets.map((bucket) => bucket.arnForObjects("*")),
      ),
    );
    s3.addToPolicy(ours(["s3:PutObject"], [storage.jobs.arnForObjects("jobs/*")]));
    // ECR stores the layers of images in this bucket, and signs their URLs itself.
    s3.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ["s3:GetObject"],
        resources: [`arn:${Aws.PARTITION}:s3:::prod-${Aws.REGION}-starport-layer-bucket/*`],
      }),
    );
    storage.refuseUploadsThrough(s3);
    this.steps.addEgressRule(
      ec2.Peer.prefixList(managedPrefixList(this, "S3PrefixList", `com.amazonaws.${Aws.REGION}.s3`)),
      ec2.Port.HTTPS,
      "S3 by its endpoint",
    );
  }

  /** Adds interface endpoints for ECR in one zone, which ECS tasks in the other zone use as well. */
  #allowImages(images: Images): void {
    for (const [id, service] of Object.entries({
      EcrApi: ec2.InterfaceVpcEndpointAwsService.ECR,
      EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    })) {
      const endpoint = new ec2.InterfaceVpcEndpoint(this, id, {
        vpc: this.vpc,
        service,
        subnets: { subnets: this.vpc.selectSubnets(this.ecsTasks).subnets.slice(0, 1) },
        open: false,
      });
      for (const group of [this.steps, this.hosts]) if (group) endpoint.connections.allowDefaultPortFrom(group);
      // ECS tasks and hosts only pull.
      endpoint.addToPolicy(ours(["ecr:GetAuthorizationToken"], ["*"]));
      endpoint.addToPolicy(
        ours(
          ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
          images.repositoryArns,
        ),
      );
    }
  }

  #closeDns(): void {
    const region = `${Aws.REGION}.${Aws.URL_SUFFIX}`;
    const forEcsTasks = [`s3.${region}`, `*.s3.${region}`, `api.ecr.${region}`, `*.dkr.ecr.${region}`];
    const known = new route53resolver.CfnFirewallDomainList(this, "KnownNames", {
      domains: this.hosts ? [...forEcsTasks, `*.${region}`] : forEcsTasks,
    });
    const all = new route53resolver.CfnFirewallDomainList(this, "AllNames", { domains: ["*"] });
    const rules = new route53resolver.CfnFirewallRuleGroup(this, "DnsRules", {
      firewallRules: [
        {
          priority: 1,
          action: "ALLOW",
          firewallDomainListId: known.attrId,
          // Names of S3 are aliases of names in other domains, which depend on the region and are allowed with this.
          firewallDomainRedirectionAction: "TRUST_REDIRECTION_DOMAIN",
        },
        { priority: 2, action: "BLOCK", blockResponse: "NXDOMAIN", firewallDomainListId: all.attrId },
      ],
    });
    new route53resolver.CfnFirewallRuleGroupAssociation(this, "Dns", {
      firewallRuleGroupId: rules.attrId,
      vpcId: this.vpc.vpcId,
      priority: 101,
    });
  }
}
