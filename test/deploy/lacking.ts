import { readFile, writeFile } from "node:fs/promises";
import { account } from "./emulator.ts";

/** Types of resources that MiniStack 1.5.33 refuses. Whatever else the stack has, it makes. */
export const unknownTypes: ReadonlySet<string> = new Set([
  "AWS::CloudFront::ResponseHeadersPolicy",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
  "AWS::ECS::CapacityProvider",
  "AWS::ECS::ClusterCapacityProviderAssociations",
  "AWS::Route53Resolver::FirewallDomainList",
  "AWS::Route53Resolver::FirewallRuleGroup",
  "AWS::Route53Resolver::FirewallRuleGroupAssociation",
]);

/** Alarms on a metric computed from others are the ones it does not make. */
const isUnknown = ({ Type, Properties }: Resource): boolean =>
  unknownTypes.has(Type) || (Type === "AWS::CloudWatch::Alarm" && Properties?.Metrics !== undefined);

interface Container {
  Secrets?: { Name: string; ValueFrom: unknown }[];
}

interface Origin {
  CustomOriginConfig?: unknown;
}

interface Resource {
  Type: string;
  Properties?: {
    Metrics?: unknown;
    DistributionConfig?: { Origins: Origin[] };
    PolicyDocument?: { Statement: { Effect: string }[] };
    RouteKey?: string;
    ContainerDefinitions?: Container[];
    Environment?: { Variables?: Record<string, unknown> };
  };
  DependsOn?: string | string[];
}

interface Template {
  Resources: Record<string, Resource>;
}

/**
 * Changes a synthesized template for the emulator, and gives the logical ids of what was taken out:
 * - what it does not know is taken out;
 * - what refers to that gets its logical id instead;
 * - buckets do not refuse requests without TLS, which its CloudFront sends to them;
 * - CloudFront forwards to the API by the address that the emulator itself has for it;
 * - functions send to its queues instead of AWS's, whose address is in the one variable that is no name;
 * - a greedy route gets one beside it for the path that ends with its slash, which the emulator does not count to it;
 * - secrets of containers are spelled as ECS's API has them, which the emulator forgets to do;
 * - a `Ref` to a secret is its ARN in AWS and its name there, so it is written in the other way that is the ARN in both.
 */
export async function withoutWhatIsLacking(templateFile: string, emulatorUrl: string): Promise<string[]> {
  const text = await readFile(templateFile, "utf8");
  const original = JSON.parse(text) as Template;
  const isSecret = (id: unknown) => original.Resources[String(id)]?.Type === "AWS::SecretsManager::Secret";
  const isLacking = (id: unknown) => String(id) in original.Resources && isUnknown(original.Resources[String(id)]!);
  const template = JSON.parse(text, (_, value: unknown) => {
    const { Ref: id } = Object(value) as { Ref?: unknown };
    if (id === undefined) return value;
    if (isLacking(id)) return id;
    return isSecret(id) ? { "Fn::GetAtt": [id, "Id"] } : value;
  }) as Template;
  const [api] = Object.entries(template.Resources).find(([, { Type }]) => Type === "AWS::ApiGatewayV2::Api")!;
  const resources = Object.entries(template.Resources);
  const lacking = resources.filter(([, resource]) => isUnknown(resource)).map(([id]) => id);
  template.Resources = Object.fromEntries(resources.filter(([id]) => !lacking.includes(id)));
  for (const [id, resource] of Object.entries(template.Resources)) {
    const RouteKey = resource.Properties?.RouteKey?.replace(/\{proxy\+\}$/, "");
    if (RouteKey?.endsWith("/"))
      template.Resources[`${id}Slash`] = { ...resource, Properties: { ...resource.Properties, RouteKey } };
    if (resource.DependsOn !== undefined)
      resource.DependsOn = [resource.DependsOn].flat().filter((id) => !lacking.includes(id));
    for (const container of resource.Properties?.ContainerDefinitions ?? []) {
      const spelled = container.Secrets?.map(({ Name, ValueFrom }) => ({ name: Name, valueFrom: ValueFrom }));
      if (spelled) Object.assign(container, { Secrets: spelled });
    }
    const policy = resource.Type === "AWS::S3::BucketPolicy" ? resource.Properties?.PolicyDocument : undefined;
    if (policy)
      policy.Statement = policy.Statement.filter((one) => !/SecureTransport|TlsVersion/.test(JSON.stringify(one)));
    for (const origin of resource.Properties?.DistributionConfig?.Origins ?? [])
      if (origin.CustomOriginConfig)
        Object.assign(origin, {
          CustomOriginConfig: { OriginProtocolPolicy: "http-only", HTTPPort: Number(new URL(emulatorUrl).port) },
          DomainName: "localhost",
          OriginPath: { "Fn::Sub": `/_aws/execute-api/\${${api}}/$default` },
        });
    const variables = resource.Properties?.Environment?.Variables;
    if (variables?.QUEUE_URL_PREFIX !== undefined) variables.QUEUE_URL_PREFIX = `${emulatorUrl}/${account}/`;
  }
  await writeFile(templateFile, JSON.stringify(template));
  return lacking;
}
