/** What requested hosts have at AWS: groups, capacity providers, and the cluster's list of them. */
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  UpdateAutoScalingGroupCommand,
  type AutoScalingGroup,
} from "@aws-sdk/client-auto-scaling";
import {
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  ECSClient,
  PutClusterCapacityProvidersCommand,
  type Cluster,
} from "@aws-sdk/client-ecs";

export const scaling = (): AutoScalingClient => new AutoScalingClient({});
export const ecs = (): ECSClient => new ECSClient({});

export async function findGroup(name: string): Promise<AutoScalingGroup | undefined> {
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  return (await scaling().send(command)).AutoScalingGroups?.[0];
}

/** Sets the most hosts. With none, those that run end when their ECS tasks are drained. */
export async function limitHosts(AutoScalingGroupName: string, MaxSize: number): Promise<void> {
  const none = MaxSize === 0 ? { DesiredCapacity: 0 } : {};
  await scaling().send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, MinSize: 0, MaxSize, ...none }));
}

/** Whether there is a capacity provider. ECS still describes one that was deleted. */
export async function hasProvider(name: string): Promise<boolean> {
  const { capacityProviders = [] } = await ecs().send(
    new DescribeCapacityProvidersCommand({ capacityProviders: [name] }),
  );
  return capacityProviders.some(({ status }) => status === "ACTIVE");
}

export async function findCluster(name: string): Promise<Cluster> {
  const { clusters = [] } = await ecs().send(new DescribeClustersCommand({ clusters: [name] }));
  if (!clusters[0]) throw new Error(`there is no cluster ${name}`);
  return clusters[0];
}

export async function putProviders(cluster: Cluster, capacityProviders: string[]): Promise<void> {
  await ecs().send(
    new PutClusterCapacityProvidersCommand({
      cluster: cluster.clusterName,
      capacityProviders,
      defaultCapacityProviderStrategy: cluster.defaultCapacityProviderStrategy ?? [],
    }),
  );
}
