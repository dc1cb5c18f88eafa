/** EC2 hosts that owners of queues request at run time. */
import { CustomResource, Duration, Stack } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Compute } from "./compute.ts";
import type { DarkNetwork } from "./dark-network.ts";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { diskMetric } from "./host-disk.ts";
import { hostTemplate, measuredHosts, requestedPrefix } from "./host-template.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";

export interface RequestedHostsProps {
  foundation: Foundation;
  compute: Compute;
  dark: DarkNetwork;
  offer: NonNullable<Deployment["hostOffer"]>;
}

/**
 * Makes and removes the capacity providers that owners of queues requested. A function outside may change what has the prefix of
 * this deployment, and start hosts from these two launch templates only. A function inside knows the requests.
 */
export class RequestedHosts extends Construct {
  readonly orders: InsideFunction;
  /** How full the disks of the hosts are, by the names of the templates. */
  readonly disks: Record<string, cloudwatch.Metric> = {};
  readonly #prefix = requestedPrefix(this);

  constructor(scope: Construct, id: string, { foundation, compute, dark, offer }: RequestedHostsProps) {
    super(scope, id);
    const { cluster } = compute;
    const template = (name: string, hasGpu: boolean) => {
      this.disks[name] = diskMetric(measuredHosts(this, name));
      return hostTemplate(this, name, {
        ...{ hasGpu, clusterName: cluster.clusterName, spot: false, diskGiB: offer.diskGiB },
        securityGroup: dark.hosts!,
      });
    };
    const gpu = template("requested-gpu", true);
    const plain = template("requested", false);

    this.orders = new InsideFunction(this, "Orders", {
      foundation,
      entry: "lambdas/functions/events/host-orders.ts",
      description: "Says which requested hosts to make, and records the result",
      timeout: Duration.seconds(30),
      databaseRole: "benchstack_events",
      usesObjects: false,
    });
    const maker = new PlatformFunction(this, "Maker", {
      entry: "lambdas/functions/events/hosts.ts",
      description: "Makes and removes the capacity providers that owners of queues requested",
      timeout: Duration.minutes(5),
      memorySize: 256,
      kind: "hosts",
      environment: {
        ECS_CLUSTER: cluster.clusterName,
        HOST_ORDERS_FUNCTION: this.orders.functionName,
        HOST_NAME_PREFIX: this.#prefix,
        GPU_TEMPLATE: gpu.launchTemplateId!,
        PLAIN_TEMPLATE: plain.launchTemplateId!,
        HOST_SUBNETS: dark.vpc.selectSubnets({ subnetGroupName: "hosts" }).subnetIds.join(","),
      },
    });
    this.orders.grantInvoke(maker);
    this.#allowRemove(maker, compute);
    this.#allowMake(maker, [gpu, plain]);
    new events.Rule(this, "EveryMinute", {
      schedule: events.Schedule.rate(Duration.minutes(1)),
      // No retries: it runs again in the next minute.
      targets: [new targets.LambdaFunction(maker, { retryAttempts: 0 })],
    });
    this.#removeWithStack(compute, dark);
  }

  /** Removes everything that was made at run time when the stack is deleted, before the cluster and the network. */
  #removeWithStack(compute: Compute, dark: DarkNetwork): void {
    const remover = new PlatformFunction(this, "Remover", {
      entry: "lambdas/functions/events/remove-hosts.ts",
      description: "Removes the capacity providers that owners of queues requested when the stack is deleted",
      timeout: Duration.minutes(12),
      memorySize: 256,
      kind: "customResource",
      environment: {},
    });
    this.#allowRemove(remover, compute);
    const resource = new CustomResource(this, "All", {
      resourceType: "Custom::RequestedHosts",
      serviceToken: remover.functionArn,
      serviceTimeout: Duration.minutes(13),
      properties: { prefix: this.#prefix, cluster: compute.cluster.clusterName },
    });
    resource.node.addDependency(remover, compute.cluster, dark);
  }

  /** The groups, or the capacity providers, that have this deployment's prefix. */
  #ours(kind: "groups" | "providers"): string {
    const [service, resource] =
      kind === "groups" ? ["autoscaling", "autoScalingGroup:*:autoScalingGroupName"] : ["ecs", "capacity-provider"];
    return Stack.of(this).formatArn({ service, resource, resourceName: `${this.#prefix}*` });
  }

  #allow(grantee: iam.IGrantable, actions: string[], resourceArns: string[], conditions = {}): void {
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
  }

  #allowRemove(grantee: iam.IGrantable, { cluster }: Compute): void {
    const groups = ["DeleteAutoScalingGroup", "DeleteLifecycleHook", "UpdateAutoScalingGroup"];
    this.#allow(
      grantee,
      groups.map((action) => `autoscaling:${action}`),
      [this.#ours("groups")],
    );
    // IAM does not support resources for these actions.
    this.#allow(grantee, ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLifecycleHooks"], ["*"]);
    this.#allow(grantee, ["ecs:DeleteCapacityProvider", "ecs:DescribeCapacityProviders"], [this.#ours("providers")]);
    this.#allow(grantee, ["ecs:DescribeClusters", "ecs:PutClusterCapacityProviders"], [cluster.clusterArn]);
  }

  #allowMake(grantee: iam.IGrantable, templates: ec2.LaunchTemplate[]): void {
    const groups = ["autoscaling:CreateAutoScalingGroup", "autoscaling:CreateOrUpdateTags"];
    this.#allow(grantee, groups, [this.#ours("groups")]);
    this.#allow(grantee, ["ecs:CreateCapacityProvider"], [this.#ours("providers")]);
    this.#allow(grantee, ["ecs:TagResource"], [this.#ours("providers")], {
      StringEquals: { "ecs:CreateAction": "CreateCapacityProvider" },
    });
    // EC2 Auto Scaling checks that whoever makes a group may start its hosts.
    const ec2Arn = (resource: string) => Stack.of(this).formatArn({ service: "ec2", resource, resourceName: "*" });
    const started = ["instance", "launch-template", "network-interface", "security-group", "subnet", "volume"];
    const images = Stack.of(this).formatArn({ service: "ec2", account: "", resource: "image", resourceName: "*" });
    this.#allow(grantee, ["ec2:RunInstances"], [...started.map(ec2Arn), images], {
      ArnEquals: {
        "ec2:LaunchTemplate": templates.map(({ launchTemplateId }) =>
          Stack.of(this).formatArn({ service: "ec2", resource: "launch-template", resourceName: launchTemplateId! }),
        ),
      },
    });
    this.#allow(grantee, ["ec2:CreateTags"], [ec2Arn("instance")], {
      StringEquals: { "ec2:CreateAction": "RunInstances" },
    });
    this.#allow(
      grantee,
      ["iam:PassRole"],
      templates.map(({ role }) => role!.roleArn),
      { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    );
  }
}
