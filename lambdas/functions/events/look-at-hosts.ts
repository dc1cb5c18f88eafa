import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { readEnvironment } from "../../kernel/environment.ts";
import type { HostLook } from "./host-time.ts";

/** The tag that EC2 Auto Scaling gives each host. */
const groupTag = "aws:autoscaling:groupName";

/** Runs outside the VPC, once a minute. Tells the function inside which EC2 hosts run, and since when. */
export async function handler(): Promise<void> {
  const { HOST_GROUPS, HOST_NAME_PREFIX, HOST_TIME_FUNCTION } = readEnvironment("hostLook");
  const byGroup = Map.groupBy(
    await runningHosts([...HOST_GROUPS.map(({ group }) => group), `${HOST_NAME_PREFIX}*`]),
    ({ group }) => group,
  );
  const hostsOf = (group: string) => (byGroup.get(group) ?? []).map(({ id, launched }) => ({ id, launched }));
  const look: HostLook = {
    providers: [
      ...HOST_GROUPS.map(({ provider: name, group, host }) => ({ name, host, hosts: hostsOf(group) })),
      // A requested group and its capacity provider have the same name.
      ...[...byGroup.keys()]
        .filter((group) => group.startsWith(HOST_NAME_PREFIX))
        .map((name) => ({ name, host: null, hosts: hostsOf(name) })),
    ],
  };
  const { FunctionError } = await new LambdaClient({}).send(
    new InvokeCommand({ FunctionName: HOST_TIME_FUNCTION, Payload: JSON.stringify(look) }),
  );
  if (FunctionError) throw new Error("the function inside failed");
}

/** The running EC2 hosts of some groups. Only running ones cost something. */
async function runningHosts(groups: string[]): Promise<{ id: string; group: string; launched: string }[]> {
  const client = new EC2Client({});
  const hosts: { id: string; group: string; launched: string }[] = [];
  const Filters = [
    { Name: `tag:${groupTag}`, Values: groups },
    { Name: "instance-state-name", Values: ["running"] },
  ];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeInstancesCommand({ Filters, NextToken }));
    for (const { InstanceId, LaunchTime, Tags } of (page.Reservations ?? []).flatMap(
      ({ Instances }) => Instances ?? [],
    ))
      hosts.push({
        id: InstanceId!,
        group: Tags!.find(({ Key }) => Key === groupTag)!.Value!,
        launched: LaunchTime!.toISOString(),
      });
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return hosts;
}
