/** The cost of a deployment that nobody uses. */
import { priceOf as priceOfCompute, priceOfHost } from "../../lambdas/jobs/rules/cost.ts";
import { ofType, referred, type Template } from "../../lib/rules/template.ts";
import { monthlyPrices as prices } from "./prices.ts";

export interface CostLine {
  what: string;
  /** USD a month. */
  usd: number;
}

const minutesPerMonth = prices.hoursPerMonth * 60;

/** The monthly price of a resource without any use, by its type. Other types cost nothing, or cost by use only. */
const idlePrices: Record<string, (properties: Record<string, unknown>) => number> = {
  "AWS::RDS::DBInstance": ({ DBInstanceClass, AllocatedStorage, MultiAZ }) =>
    (priceOf(prices.databaseHour, DBInstanceClass) * prices.hoursPerMonth +
      Number(AllocatedStorage) * prices.databaseGbMonth) *
    (MultiAZ === true ? 2 : 1),
  "AWS::EC2::VPCEndpoint": ({ VpcEndpointType, SubnetIds }) =>
    VpcEndpointType === "Interface"
      ? (SubnetIds as unknown[]).length * prices.endpointHourPerZone * prices.hoursPerMonth
      : 0,
  "AWS::ElasticLoadBalancingV2::LoadBalancer": () => prices.loadBalancerHour * prices.hoursPerMonth,
  "AWS::SecretsManager::Secret": () => prices.secretMonth,
  "AWS::CloudWatch::Alarm": ({ Metrics }) =>
    prices.alarmMonth *
    Math.max(1, ((Metrics as { MetricStat?: unknown }[] | undefined) ?? []).filter((one) => one.MetricStat).length),
  "AWS::CloudWatch::Dashboard": () => prices.dashboardMonth,
  "AWS::Route53Resolver::FirewallDomainList": ({ Domains }) =>
    (Domains as unknown[]).length * prices.firewallDomainMonth,
};

/** Types that cost nothing without use. The price of every other type must be looked up and added. */
const freeWhileIdle =
  /^(AWS::(ApiGatewayV2|IAM|Logs|Events|Lambda|CloudFront|SNS|S3|SQS|ECS|ECR|Route53)::|AWS::EC2::(VPC|Subnet|Route|InternetGateway|SecurityGroup|LaunchTemplate)|AWS::RDS::DBSubnetGroup|AWS::ElasticLoadBalancingV2::(Listener|TargetGroup)|AWS::AutoScaling::(LifecycleHook|AutoScalingGroup)|AWS::Route53Resolver::FirewallRuleGroup|Custom::|AWS::CDK::)/;

function priceOf(table: Record<string, number>, name: unknown): number {
  const price = table[String(name)];
  if (price === undefined) throw unpriced(String(name), "scripts/cost/prices.ts");
  return price;
}

const unpriced = (name: string, file: string) =>
  new Error(`The price table has no price for ${name}. Look it up and add it to ${file}.`);

/**
 * The monthly cost of a deployment without any use, line by line. It uses list prices and no free tier, except that of
 * dashboards. Throws for a resource type without a known price.
 */
export function idleCost(template: Template): CostLine[] {
  const lines = Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]): CostLine[] => {
    const price = idlePrices[Type];
    if (!price && !freeWhileIdle.test(Type))
      throw new Error(`The idle price of ${Type} (${id}) is not known. Add it to scripts/cost/idle.ts.`);
    const usd = price?.(Properties) ?? 0;
    return usd > 0 ? [{ what: `${Type.replace("AWS::", "")} ${id}`, usd }] : [];
  });
  return [
    ...lines,
    ...managedSecret(template),
    ...sweeping(template),
    ...polling(template),
    ...standingHosts(template),
    ...standingTasks(template),
  ];
}

/** RDS stores the password of the owner in a secret, which is not in the template. */
const managedSecret = (template: Template): CostLine[] =>
  ofType(template, "AWS::RDS::DBInstance").map(([id]) => ({
    what: `SecretsManager::Secret of ${id}`,
    usd: prices.secretMonth,
  }));

/** The functions that run every minute: the sweeper, and the scaler that it sends a message to. */
function sweeping(template: Template): CostLine[] {
  const memory = (prefix: string) =>
    Number(ofType(template, "AWS::Lambda::Function").find(([id]) => id.startsWith(prefix))![1]["MemorySize"]);
  const usd = (prefix: string, seconds: number) =>
    minutesPerMonth * (prices.lambdaMillionRequests / 1e6 + (memory(prefix) / 1024) * seconds * prices.lambdaGbSecond);
  return [
    { what: "Lambda: the sweeper, one second per minute", usd: usd("EventsSweeper", 1) },
    { what: "Lambda: the scaler, half a second per minute", usd: usd("EventsScaler", 0.5) },
  ];
}

/**
 * Lambda has five pollers for each queue, which wait 20 s for a message. Every minute sends and deletes one message.
 */
function polling(template: Template): CostLine[] {
  const sources = ofType(template, "AWS::Lambda::EventSourceMapping").length;
  const requests = sources * 5 * 3 * minutesPerMonth + 2 * minutesPerMonth;
  return [{ what: `SQS: Lambda polls ${sources} queues`, usd: (requests / 1e6) * prices.sqsMillionRequests }];
}

/** The hosts that always run (`min` of a capacity provider). */
const standingHosts = (template: Template): CostLine[] =>
  ofType(template, "AWS::AutoScaling::AutoScalingGroup").flatMap(
    ([id, { MinSize, LaunchTemplate, MixedInstancesPolicy }]) => {
      const hosts = Number(MinSize);
      if (hosts === 0) return [];
      type Template = { LaunchTemplateId: { Ref: string } };
      // With several instance types, that of the template is the first.
      const mixed = (MixedInstancesPolicy as { LaunchTemplate: { LaunchTemplateSpecification: Template } } | undefined)
        ?.LaunchTemplate.LaunchTemplateSpecification;
      const { LaunchTemplateId } = mixed ?? (LaunchTemplate as Template);
      const data = template.Resources[LaunchTemplateId.Ref]!.Properties!["LaunchTemplateData"] as {
        InstanceType: string;
        BlockDeviceMappings: { Ebs: { VolumeSize: number } }[];
      };
      const { VolumeSize: diskGiB } = data.BlockDeviceMappings[0]!.Ebs;
      const host = { instanceType: data.InstanceType, spot: false, diskGiB, usdPerHour: null };
      const price = priceOfHost(host, prices.region);
      if (!price) throw unpriced(data.InstanceType, "lambdas/jobs/rules/host-prices.ts");
      return [
        { what: `EC2: ${hosts} hosts of ${id}`, usd: (hosts * price.microsPerHour * prices.hoursPerMonth) / 1e6 },
      ];
    },
  );

/** The tasks of services that always run. The workers have no desired count: they start when there are jobs. */
const standingTasks = (template: Template): CostLine[] =>
  ofType(template, "AWS::ECS::Service").flatMap(([id, { DesiredCount, TaskDefinition }]) => {
    const tasks = Number(DesiredCount ?? 0);
    if (tasks === 0) return [];
    const { Cpu, Memory } = template.Resources[referred(TaskDefinition)!]!.Properties!;
    const price = priceOfCompute("FARGATE", { cpu: Number(Cpu), memoryMiB: Number(Memory) }, prices.region)!;
    const usd = tasks * (price.microsPerHour / 1e6 + prices.publicIpv4Hour) * prices.hoursPerMonth;
    return [{ what: `Fargate: ${tasks} tasks of ${id}, each with a public IPv4 address`, usd }];
  });

export const total = (lines: CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
