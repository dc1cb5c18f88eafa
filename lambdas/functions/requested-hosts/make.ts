import { CreateAutoScalingGroupCommand, type AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import { CreateCapacityProviderCommand } from "@aws-sdk/client-ecs";
import type { HostOrder } from "../../jobs/rules/capacity-request.ts";
import { ecs, findCluster, findGroup, hasProvider, limitHosts, putProviders, scaling } from "./aws.ts";

/** Where hosts are made. */
export interface HostPlace {
  cluster: string;
  /** Ids of launch templates, which say everything about a host but its type. */
  templates: { gpu: string; plain: string };
  subnets: string[];
}

/**
 * Makes what is missing of a capacity provider with its hosts, and sets how many hosts it may have. True if all is there. It
 * looks at what is there and does the rest, so that it may be repeated after a crash anywhere.
 */
export async function makeHosts(name: string, order: HostOrder, place: HostPlace): Promise<boolean> {
  const group = (await findGroup(name)) ?? (await createGroup(name, order, place));
  if (!group) return false;
  if (group.MaxSize !== order.maxHosts) await limitHosts(name, order.maxHosts);
  if (!(await hasProvider(name))) await createProvider(name, group.AutoScalingGroupARN!, order);
  return joinCluster(name, place.cluster);
}

async function createGroup(
  name: string,
  { instanceType, spot, maxHosts, hasGpu, id, queue }: HostOrder,
  { templates, subnets }: HostPlace,
): Promise<AutoScalingGroup | undefined> {
  const tag = (Key: string, Value: string) => ({
    ...{ Key, Value, PropagateAtLaunch: true, ResourceId: name, ResourceType: "auto-scaling-group" },
  });
  await scaling().send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      MinSize: 0,
      MaxSize: maxHosts,
      VPCZoneIdentifier: subnets.join(","),
      MixedInstancesPolicy: {
        LaunchTemplate: {
          LaunchTemplateSpecification: {
            LaunchTemplateId: hasGpu ? templates.gpu : templates.plain,
            Version: "$Latest",
          },
          Overrides: [{ InstanceType: instanceType }],
        },
        InstancesDistribution: {
          OnDemandPercentageAboveBaseCapacity: spot ? 0 : 100,
          SpotAllocationStrategy: "price-capacity-optimized",
        },
      },
      // AmazonECSManaged lets ECS scale the group.
      Tags: [
        tag("AmazonECSManaged", ""),
        tag("Name", name),
        tag("benchstack:request", id),
        tag("benchstack:queue", queue),
      ],
    }),
  );
  return findGroup(name);
}

async function createProvider(name: string, autoScalingGroupArn: string, { id, queue }: HostOrder): Promise<void> {
  await ecs().send(
    new CreateCapacityProviderCommand({
      name,
      autoScalingGroupProvider: {
        autoScalingGroupArn,
        managedScaling: { status: "ENABLED", targetCapacity: 100 },
        managedTerminationProtection: "DISABLED",
        managedDraining: "ENABLED",
      },
      tags: [
        { key: "benchstack:request", value: id },
        { key: "benchstack:queue", value: queue },
      ],
    }),
  );
}

/** Adds a capacity provider to the cluster. A deploy that changes the list of the cluster removes it, until the next minute. */
async function joinCluster(name: string, clusterName: string): Promise<boolean> {
  const cluster = await findCluster(clusterName);
  if (cluster.capacityProviders?.includes(name)) return cluster.attachmentsStatus !== "UPDATE_IN_PROGRESS";
  await putProviders(cluster, [...(cluster.capacityProviders ?? []), name]);
  return false;
}
