import { setTimeout as pause } from "node:timers/promises";
import {
  AutoScalingClient,
  DeleteLifecycleHookCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import * as z from "zod";
import { processLog } from "../../kernel/log.ts";
import { customResource } from "../custom-resource.ts";

const hosts = z.object({
  /** The name of an Auto Scaling group. */
  group: z.string(),
});

/**
 * The custom resource `Custom::Hosts`. It ends the EC2 hosts of a group before CloudFormation deletes the group. A failure keeps
 * no stack from being deleted.
 */
export const handler = customResource(async ({ RequestType, ResourceProperties }) => {
  const { group } = hosts.parse(ResourceProperties);
  if (RequestType === "Delete")
    await endHosts(group).catch((error: unknown) => processLog().error("removal.failed", { what: "hosts", error }));
  // When a group is replaced, the old one is another resource.
  return { PhysicalResourceId: group };
});

/** An instance ends within a few minutes. */
const maxEndMs = 10 * 60 * 1000;
const lookPauseMs = 2_000;

/**
 * Ends all EC2 hosts of an Auto Scaling group, and waits until they are gone. CloudFormation deletes the capacity provider of a
 * group before the group. Then nobody answers the hook with which ECS drains hosts, and each host would wait for an hour before
 * it ends, while its public address keeps the internet gateway.
 */
async function endHosts(group: string): Promise<void> {
  const client = new AutoScalingClient({});
  const AutoScalingGroupName = group;
  const { LifecycleHooks = [] } = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
  // Without their hook, hosts that wait for it end, too.
  for (const { LifecycleHookName } of LifecycleHooks)
    await client.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName, LifecycleHookName }));
  const none = { MinSize: 0, MaxSize: 0, DesiredCapacity: 0 };
  await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, ...none }));
  const until = Date.now() + maxEndMs;
  const left = async () => {
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
    return (await client.send(command)).AutoScalingGroups?.[0]?.Instances?.length ?? 0;
  };
  for (let hosts = await left(); hosts > 0; hosts = await left()) {
    if (Date.now() > until) throw new Error(`${hosts} hosts did not end in ${maxEndMs / 60_000} minutes`);
    await pause(lookPauseMs);
  }
}
