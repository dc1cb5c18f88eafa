/** EC2 hosts for the ECS tasks of steps. */
import { CustomResource, Duration, Stack } from "aws-cdk-lib";
import * as autoscaling from "aws-cdk-lib/aws-autoscaling";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Host } from "../contract/capacity-profile.ts";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { DarkNetwork } from "./dark-network.ts";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { diskMetric } from "./host-disk.ts";
import { hostTemplate, measuredHosts } from "./host-template.ts";

export interface CapacityProps {
  cluster: ecs.Cluster;
  deployment: Deployment;
  dark: DarkNetwork;
}

/** The machines of a group: of one instance type, or of whichever of several types AWS has. */
function machines(
  launchTemplate: ec2.LaunchTemplate,
  { instanceType, otherInstanceTypes, spot }: Deployment["capacityProviders"][string],
): Pick<autoscaling.AutoScalingGroupProps, "launchTemplate" | "mixedInstancesPolicy"> {
  if (otherInstanceTypes.length === 0) return { launchTemplate };
  return {
    mixedInstancesPolicy: {
      launchTemplate,
      launchTemplateOverrides: [instanceType, ...otherInstanceTypes].map((type) => ({
        instanceType: new ec2.InstanceType(type),
      })),
      instancesDistribution: {
        onDemandPercentageAboveBaseCapacity: spot ? 0 : 100,
        // In the order of the configuration.
        onDemandAllocationStrategy: autoscaling.OnDemandAllocationStrategy.PRIORITIZED,
        spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
      },
    },
  };
}

/**
 * One capacity provider for each entry of `capacityProviders`. It scales from `min` to `max` hosts as ECS tasks wait.
 */
export class Capacity extends Construct {
  /** The names of the capacity providers in ECS, by their names in the configuration. */
  readonly #providers: Record<string, string> = {};
  #endHosts: PlatformFunction | undefined;
  /** The Auto Scaling groups and the hosts of the capacity providers, which have these names in ECS. */
  readonly groups: { provider: string; group: string; host: Host }[] = [];
  /** How full the disks of the hosts are, by the names in the configuration. */
  readonly disks: Record<string, cloudwatch.Metric> = {};

  constructor(scope: Construct, id: string, { cluster, deployment, dark }: CapacityProps) {
    super(scope, id);
    for (const [name, config] of Object.entries(deployment.capacityProviders)) {
      const hosts = new autoscaling.AutoScalingGroup(this, `${name}Hosts`, {
        vpc: dark.vpc,
        vpcSubnets: { subnetGroupName: "hosts" },
        ...machines(hostTemplate(this, name, { ...config, securityGroup: dark.hosts! }), config),
        minCapacity: config.min,
        maxCapacity: config.max,
      });
      const provider = new ecs.AsgCapacityProvider(this, name, {
        autoScalingGroup: hosts,
        // A host with running ECS tasks is drained instead. Protected hosts would prevent the deletion of the stack.
        enableManagedTerminationProtection: false,
        enableManagedDraining: true,
      });
      // A gateway cannot be detached while hosts have public addresses, so it is deleted after them.
      hosts.node.addDependency(dark.vpc);
      cluster.addAsgCapacityProvider(provider);
      this.disks[name] = diskMetric(measuredHosts(this, name));
      this.#endWith(name, provider, cluster);
      this.#providers[name] = provider.capacityProviderName;
      const { instanceType, spot, diskGiB, usdPerHour } = config;
      this.groups.push({
        provider: provider.capacityProviderName,
        group: hosts.autoScalingGroupName,
        host: { instanceType, spot, diskGiB, usdPerHour },
      });
    }
  }

  /** Profiles with the names of capacity providers in ECS, as workers need them. */
  withProviders(profiles: EcsConfig["profiles"]): EcsConfig["profiles"] {
    const real = (name: string) => this.#providers[name] ?? name;
    return Object.fromEntries(
      Object.entries(profiles).map(([name, { capacity, fallback, ...size }]) => [
        name,
        { ...size, capacity: real(capacity), ...(fallback === undefined ? {} : { fallback: real(fallback) }) },
      ]),
    );
  }

  /**
   * Ends the hosts of a capacity provider when the provider is removed, with or without the stack. CloudFormation deletes the
   * provider first. Then ECS no longer drains hosts, and each would wait for an hour before it ends.
   */
  #endWith(name: string, provider: ecs.AsgCapacityProvider, cluster: ecs.Cluster): void {
    const group = provider.autoScalingGroup;
    const handler = (this.#endHosts ??= this.#makeEndHosts());
    const resource = new CustomResource(this, `${name}End`, {
      resourceType: "Custom::Hosts",
      serviceToken: handler.functionArn,
      serviceTimeout: Duration.minutes(13),
      properties: { group: group.autoScalingGroupName },
    });
    // The cluster's list of providers, the provider and the group are deleted after it.
    resource.node.addDependency(handler, cluster, provider, group);
  }

  #makeEndHosts(): PlatformFunction {
    const handler = new PlatformFunction(this, "EndHosts", {
      entry: "lambdas/functions/events/end-hosts.ts",
      description: "Ends the EC2 hosts of a capacity provider that is removed",
      timeout: Duration.minutes(12),
      memorySize: 256,
      kind: "customResource",
      environment: {},
    });
    // All groups of the stack: CloudFormation changes the policy before it removes a provider. It names groups like this.
    const groups = Stack.of(this).formatArn({
      service: "autoscaling",
      resource: "autoScalingGroup:*:autoScalingGroupName",
      resourceName: `${Stack.of(this).stackName}-*`,
    });
    const allow = (actions: string[], resource: string) =>
      iam.Grant.addToPrincipal({ grantee: handler, actions, resourceArns: [resource] });
    allow(["autoscaling:DeleteLifecycleHook", "autoscaling:UpdateAutoScalingGroup"], groups);
    // IAM does not support resources for these actions.
    allow(["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLifecycleHooks"], "*");
    return handler;
  }
}
