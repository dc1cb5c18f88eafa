import {
  DeleteAutoScalingGroupCommand,
  DeleteLifecycleHookCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
} from "@aws-sdk/client-auto-scaling";
import { DeleteCapacityProviderCommand } from "@aws-sdk/client-ecs";
import { ecs, findCluster, findGroup, hasProvider, limitHosts, putProviders, scaling } from "./aws.ts";

/** Removes a capacity provider and its hosts. True if nothing is left. */
export async function removeHosts(name: string, cluster: string): Promise<boolean> {
  const group = await findGroup(name);
  if (group) {
    // Nobody answers the hook with which ECS drains hosts once the provider is gone, and each would wait for an hour.
    const { LifecycleHooks = [] } = await scaling().send(
      new DescribeLifecycleHooksCommand({ AutoScalingGroupName: name }),
    );
    for (const { LifecycleHookName } of LifecycleHooks)
      await scaling().send(new DeleteLifecycleHookCommand({ AutoScalingGroupName: name, LifecycleHookName }));
    if (group.MaxSize !== 0 || group.DesiredCapacity !== 0) await limitHosts(name, 0);
  }
  if (!(await leaveCluster(name, cluster))) return false;
  const isProvider = await hasProvider(name);
  if (isProvider) await ecs().send(new DeleteCapacityProviderCommand({ capacityProvider: name }));
  // "Delete in progress" says what is deleted already.
  if (group && group.Status === undefined)
    await scaling().send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }));
  return !group && !isProvider;
}

/** The names of all groups that begin with something. */
export async function groupNames(prefix: string): Promise<string[]> {
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await scaling().send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 100, NextToken }));
    names.push(...(page.AutoScalingGroups ?? []).map((group) => group.AutoScalingGroupName!));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return names.filter((name) => name.startsWith(prefix));
}

async function leaveCluster(name: string, clusterName: string): Promise<boolean> {
  const cluster = await findCluster(clusterName);
  if (!cluster.capacityProviders?.includes(name)) return cluster.attachmentsStatus !== "UPDATE_IN_PROGRESS";
  await putProviders(
    cluster,
    cluster.capacityProviders.filter((one) => one !== name),
  );
  return false;
}
