import { ofType, type Template } from "../../lib/rules/template.ts";
import { monthlyPrices as prices } from "./prices.ts";

export interface CostLine {
  what: string;
  /** USD a month. */
  usd: number;
}

const minutesPerMonth = prices.hoursPerMonth * 60;

/** What types of resources cost while nothing happens; those that are not here cost by use only, or nothing. */
const idlePrices: Record<string, (properties: Record<string, unknown>) => number> = {
  "AWS::RDS::DBInstance": ({ DBInstanceClass, AllocatedStorage }) =>
    priceOf(prices.databaseHour, DBInstanceClass) * prices.hoursPerMonth +
    Number(AllocatedStorage) * prices.databaseGbMonth,
  "AWS::EC2::VPCEndpoint": ({ VpcEndpointType, SubnetIds }) =>
    VpcEndpointType === "Interface"
      ? (SubnetIds as unknown[]).length * prices.endpointHourPerZone * prices.hoursPerMonth
      : 0,
  "AWS::SecretsManager::Secret": () => prices.secretMonth,
  "AWS::CloudWatch::Alarm": ({ Metrics }) =>
    prices.alarmMonth *
    Math.max(1, ((Metrics as { MetricStat?: unknown }[] | undefined) ?? []).filter((one) => one.MetricStat).length),
  "AWS::CloudWatch::Dashboard": () => prices.dashboardMonth,
  "AWS::Route53Resolver::FirewallDomainList": ({ Domains }) =>
    (Domains as unknown[]).length * prices.firewallDomainMonth,
};

/** Types that are known to cost nothing while nothing happens. Anything else has to be looked up and added. */
const freeWhileIdle =
  /^(AWS::(ApiGatewayV2|IAM|Logs|Events|Lambda|CloudFront|Budgets|SNS|S3|SQS|ECS|ECR|Route53)::|AWS::EC2::(VPC|Subnet|Route|InternetGateway|SecurityGroup|LaunchTemplate)|AWS::RDS::DBSubnetGroup|AWS::AutoScaling::(LifecycleHook|AutoScalingGroup)|AWS::Route53Resolver::FirewallRuleGroup|Custom::|AWS::CDK::)/;

function priceOf(table: Record<string, number>, name: unknown): number {
  const price = table[String(name)];
  if (price === undefined)
    throw new Error(
      `The price table has no price of ${String(name)}. Look it up and add it to scripts/cost/prices.ts.`,
    );
  return price;
}

/**
 * What a deployment costs a month while nobody uses it, line by line, by list price without any free tier but that of
 * dashboards. Throws for a type of resource whose price is not known.
 */
export function idleCost(template: Template): CostLine[] {
  const lines = Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]): CostLine[] => {
    const price = idlePrices[Type];
    if (!price && !freeWhileIdle.test(Type))
      throw new Error(`What does ${Type} (${id}) cost while idle? Say so in scripts/cost/idle.ts.`);
    const usd = price?.(Properties) ?? 0;
    return usd > 0 ? [{ what: `${Type.replace("AWS::", "")} ${id}`, usd }] : [];
  });
  return [
    ...lines,
    ...managedSecret(template),
    ...sweeping(template),
    ...polling(template),
    ...standingHosts(template),
  ];
}

/** RDS keeps the owner's password in a secret that no template shows. */
const managedSecret = (template: Template): CostLine[] =>
  ofType(template, "AWS::RDS::DBInstance").map(([id]) => ({
    what: `SecretsManager::Secret of ${id}`,
    usd: prices.secretMonth,
  }));

/** The clock runs when nothing else does: the sweeper for a second, and the scaler that it tells. */
function sweeping(template: Template): CostLine[] {
  const memory = (prefix: string) =>
    Number(ofType(template, "AWS::Lambda::Function").find(([id]) => id.startsWith(prefix))![1]["MemorySize"]);
  const usd = (prefix: string, seconds: number) =>
    minutesPerMonth * (prices.lambdaMillionRequests / 1e6 + (memory(prefix) / 1024) * seconds * prices.lambdaGbSecond);
  return [
    { what: "Lambda: the sweeper each minute, for a second", usd: usd("EventsSweeper", 1) },
    { what: "Lambda: the scaler each minute, for half a second", usd: usd("EventsScaler", 0.5) },
  ];
}

/** Lambda asks each of its queues with five pollers that wait 20 s; and each minute sends and deletes one message. */
function polling(template: Template): CostLine[] {
  const sources = ofType(template, "AWS::Lambda::EventSourceMapping").length;
  const requests = sources * 5 * 3 * minutesPerMonth + 2 * minutesPerMonth;
  return [{ what: `SQS: Lambda polls ${sources} queues`, usd: (requests / 1e6) * prices.sqsMillionRequests }];
}

/** Hosts that the config keeps on. */
const standingHosts = (template: Template): CostLine[] =>
  ofType(template, "AWS::AutoScaling::AutoScalingGroup").flatMap(([id, { MinSize, LaunchTemplate }]) => {
    const hosts = Number(MinSize);
    if (hosts === 0) return [];
    const { LaunchTemplateId } = LaunchTemplate as { LaunchTemplateId: { Ref: string } };
    const data = template.Resources[LaunchTemplateId.Ref]!.Properties!["LaunchTemplateData"] as {
      InstanceType: string;
      BlockDeviceMappings: { Ebs: { VolumeSize: number } }[];
    };
    const hour = priceOf(prices.hostHour, data.InstanceType) + prices.publicIpv4Hour;
    return [
      {
        what: `EC2: ${hosts} hosts of ${id}`,
        usd: hosts * (hour * prices.hoursPerMonth + data.BlockDeviceMappings[0]!.Ebs.VolumeSize * prices.hostGbMonth),
      },
    ];
  });

export const total = (lines: CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
