import { Aws, RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import * as route53resolver from "aws-cdk-lib/aws-route53resolver";
import * as custom from "aws-cdk-lib/custom-resources";
import { Construct } from "constructs";
import { ours } from "./endpoints.ts";
import type { Images } from "./images.ts";
import type { Storage } from "./storage.ts";

/**
 * The network of steps that have none: a VPC of its own, without a way to the platform's, in which tasks reach this
 * deployment's objects by signed URLs and the images of its repositories, and nothing else. Names that are not theirs are not
 * resolved, so that data does not leave in DNS queries either; that firewall holds for a whole VPC, which is why these
 * steps have their own.
 */
export class DarkNetwork extends Construct {
  readonly vpc: ec2.Vpc;
  readonly steps: ec2.SecurityGroup;
  /** Of EC2 hosts: they pull images and report to ECS by themselves, beside their tasks. */
  readonly hosts: ec2.SecurityGroup | undefined;
  readonly tasks: ec2.SubnetSelection = { subnetGroupName: "tasks" };

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
    // All rules of this group are resources of their own, and AWS lets a group without any in itself send everywhere.
    (this.steps.node.defaultChild as ec2.CfnSecurityGroup).securityGroupEgress = [
      { cidrIp: "255.255.255.255/32", ipProtocol: "icmp", fromPort: 252, toPort: 86, description: "Nothing" },
    ];
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
      subnets: [this.tasks],
    });
    s3.addToPolicy(
      ours(
        ["s3:GetObject"],
        storage.buckets.map((bucket) => bucket.arnForObjects("*")),
      ),
    );
    s3.addToPolicy(ours(["s3:PutObject"], [storage.jobs.arnForObjects("jobs/*")]));
    // Where ECR keeps the layers of images; it signs their URLs itself.
    s3.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ["s3:GetObject"],
        resources: [`arn:${Aws.PARTITION}:s3:::prod-${Aws.REGION}-starport-layer-bucket/*`],
      }),
    );
    storage.refuseUploadsThrough(s3);
    this.steps.addEgressRule(ec2.Peer.prefixList(this.#s3PrefixList()), ec2.Port.HTTPS, "S3 by its endpoint");
  }

  /** CloudFormation does not say which prefix list is S3's in a region. */
  #s3PrefixList(): string {
    const call: custom.AwsSdkCall = {
      service: "EC2",
      action: "describeManagedPrefixLists",
      parameters: { Filters: [{ Name: "prefix-list-name", Values: [`com.amazonaws.${Aws.REGION}.s3`] }] },
      physicalResourceId: custom.PhysicalResourceId.of("S3PrefixList"),
      outputPaths: ["PrefixLists.0.PrefixListId"],
    };
    return new custom.AwsCustomResource(this, "S3PrefixList", {
      resourceType: "Custom::S3PrefixList",
      onUpdate: call,
      policy: custom.AwsCustomResourcePolicy.fromStatements([
        new iam.PolicyStatement({ actions: ["ec2:DescribeManagedPrefixLists"], resources: ["*"] }),
      ]),
      installLatestAwsSdk: false,
      logGroup: new logs.LogGroup(this, "S3PrefixListLogs", {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    }).getResponseField("PrefixLists.0.PrefixListId");
  }

  /** Interface endpoints in one zone, which the other reaches as well. */
  #allowImages(images: Images): void {
    for (const [id, service] of Object.entries({
      EcrApi: ec2.InterfaceVpcEndpointAwsService.ECR,
      EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    })) {
      const endpoint = new ec2.InterfaceVpcEndpoint(this, id, {
        vpc: this.vpc,
        service,
        subnets: { subnets: this.vpc.selectSubnets(this.tasks).subnets.slice(0, 1) },
        open: false,
      });
      for (const group of [this.steps, this.hosts]) if (group) endpoint.connections.allowDefaultPortFrom(group);
      // Pulling, which is all that tasks and hosts do.
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
    const forTasks = [`s3.${region}`, `*.s3.${region}`, `api.ecr.${region}`, `*.dkr.ecr.${region}`];
    const known = new route53resolver.CfnFirewallDomainList(this, "KnownNames", {
      domains: this.hosts ? [...forTasks, `*.${region}`] : forTasks,
    });
    const all = new route53resolver.CfnFirewallDomainList(this, "AllNames", { domains: ["*"] });
    const rules = new route53resolver.CfnFirewallRuleGroup(this, "DnsRules", {
      firewallRules: [
        {
          priority: 1,
          action: "ALLOW",
          firewallDomainListId: known.attrId,
          // S3's names are aliases of others, in other domains by the region, which would have to be listed as well.
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
