/** A stand-in for EC2, EC2 Auto Scaling and the capacity providers of ECS, as far as hosts use them. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

interface Group {
  name: string;
  max: number;
  desired: number;
  instanceType: string;
  onDemandPercent: number;
  hooks: string[];
  tags: Record<string, string>;
}

export interface HostServices {
  url: string;
  groups: Map<string, Group>;
  /** The EC2 instances that run. */
  hosts: { id: string; group: string; launched: Date }[];
  /** Names of capacity providers by the group that they use. */
  providers: Map<string, string>;
  /** Those of the cluster. */
  attached: string[];
  /** The names of all calls, in order. */
  calls: string[];
  /** Fails the next call with this name after it has been carried out, as if the answer was lost. */
  loseAnswerOf: string | null;
  close(): Promise<void>;
}

const arnOf = (name: string) =>
  `arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/${name}`;

export async function startHostServices(): Promise<HostServices> {
  const services: Omit<HostServices, "url" | "close"> = {
    groups: new Map(),
    hosts: [],
    providers: new Map(),
    attached: ["FARGATE", "FARGATE_SPOT"],
    calls: [],
    loseAnswerOf: null,
  };
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const target = request.headers["x-amz-target"];
      const fields = new URLSearchParams(text);
      const name = typeof target === "string" ? target.split(".").at(-1)! : fields.get("Action")!;
      services.calls.push(name);
      const result =
        typeof target === "string"
          ? JSON.stringify(answerOfEcs(services, name, JSON.parse(text) as Record<string, never>))
          : name === "DescribeInstances"
            ? answerOfEc2(services, fields)
            : `<${name}Response><${name}Result>${answerOfScaling(services, name, fields)}</${name}Result></${name}Response>`;
      const isLost = services.loseAnswerOf === name;
      if (isLost) services.loseAnswerOf = null;
      response.writeHead(isLost ? 400 : 200).end(isLost ? '{"__type":"ClientException","message":"lost"}' : result);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(services, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  });
}

type State = Omit<HostServices, "url" | "close">;

/** `DescribeInstances` with two filters, of which the first says what the names of the groups are like. */
function answerOfEc2({ hosts }: State, fields: URLSearchParams): string {
  const wanted = [...fields].flatMap(([name, value]) => (/^Filter\.1\.Value\.\d+$/.test(name) ? [value] : []));
  const isWanted = (group: string) =>
    wanted.some((one) => (one.endsWith("*") ? group.startsWith(one.slice(0, -1)) : group === one));
  const items = hosts
    .filter(({ group }) => isWanted(group))
    .map(
      ({ id, group, launched }) =>
        `<item><instancesSet><item><instanceId>${id}</instanceId><launchTime>${launched.toISOString()}</launchTime><tagSet><item><key>aws:autoscaling:groupName</key><value>${group}</value></item></tagSet></item></instancesSet></item>`,
    );
  return `<DescribeInstancesResponse><reservationSet>${items.join("")}</reservationSet></DescribeInstancesResponse>`;
}

function answerOfScaling({ groups }: State, call: string, fields: URLSearchParams): string {
  const name = fields.get("AutoScalingGroupName") ?? "";
  const number = (field: string) => Number(fields.get(field));
  switch (call) {
    case "DescribeAutoScalingGroups": {
      const wanted = fields.get("AutoScalingGroupNames.member.1");
      const found = [...groups.values()].filter((group) => wanted === null || group.name === wanted);
      const members = found.map(
        (group) =>
          `<member><AutoScalingGroupName>${group.name}</AutoScalingGroupName><AutoScalingGroupARN>${arnOf(group.name)}</AutoScalingGroupARN><MinSize>0</MinSize><MaxSize>${group.max}</MaxSize><DesiredCapacity>${group.desired}</DesiredCapacity></member>`,
      );
      return `<AutoScalingGroups>${members.join("")}</AutoScalingGroups>`;
    }
    case "CreateAutoScalingGroup": {
      const tags: Record<string, string> = {};
      for (let i = 1; fields.has(`Tags.member.${i}.Key`); i++)
        tags[fields.get(`Tags.member.${i}.Key`)!] = fields.get(`Tags.member.${i}.Value`) ?? "";
      groups.set(name, {
        ...{ name, max: number("MaxSize"), desired: 0, hooks: ["ecs-managed-draining"], tags },
        instanceType: fields.get("MixedInstancesPolicy.LaunchTemplate.Overrides.member.1.InstanceType")!,
        onDemandPercent: number("MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity"),
      });
      return "";
    }
    case "UpdateAutoScalingGroup":
      groups.get(name)!.max = number("MaxSize");
      if (fields.has("DesiredCapacity")) groups.get(name)!.desired = number("DesiredCapacity");
      return "";
    case "DescribeLifecycleHooks": {
      const hooks = groups
        .get(name)!
        .hooks.map((hook) => `<member><LifecycleHookName>${hook}</LifecycleHookName></member>`);
      return `<LifecycleHooks>${hooks.join("")}</LifecycleHooks>`;
    }
    case "DeleteLifecycleHook":
      groups.get(name)!.hooks = [];
      return "";
    case "DeleteAutoScalingGroup":
      groups.delete(name);
      return "";
    default:
      throw new Error(`the stand-in does not know ${call}`);
  }
}

function answerOfEcs(state: State, call: string, body: Record<string, unknown>): unknown {
  switch (call) {
    case "DescribeCapacityProviders": {
      const [name] = body["capacityProviders"] as string[];
      return { capacityProviders: state.providers.has(name!) ? [{ name, status: "ACTIVE" }] : [] };
    }
    case "CreateCapacityProvider": {
      const { autoScalingGroupArn } = body["autoScalingGroupProvider"] as { autoScalingGroupArn: string };
      state.providers.set(body["name"] as string, autoScalingGroupArn.split("/").at(-1)!);
      return { capacityProvider: { name: body["name"] } };
    }
    case "DeleteCapacityProvider":
      state.providers.delete(body["capacityProvider"] as string);
      return {};
    case "DescribeClusters":
      return { clusters: [{ clusterName: "cluster", capacityProviders: state.attached }] };
    case "PutClusterCapacityProviders":
      state.attached = body["capacityProviders"] as string[];
      return {};
    default:
      throw new Error(`the stand-in does not know ${call}`);
  }
}
