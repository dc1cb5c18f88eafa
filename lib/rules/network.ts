/** Rules about networks. */
import { asList, type Finding, ofType, referred, type Rule, statementsOf, type Template, unless } from "./template.ts";

const everywhere = (rule: Record<string, unknown>) => rule["CidrIp"] === "0.0.0.0/0" || rule["CidrIpv6"] === "::/0";
interface FirewallRule {
  Priority: number;
  Action: string;
  FirewallDomainRedirectionAction?: string;
}
type SecurityRules = Record<string, unknown>[] | undefined;

/** Whether a property is the list of CloudFront's addresses. */
const isOfCloudFront = (template: Template, list: unknown): boolean =>
  template.Resources[referred(list) ?? ""]?.Type === "Custom::CloudFrontPrefixList";

export const networkRules: Rule[] = [
  {
    id: "NET-1",
    promise:
      "Security groups admit other security groups, and CloudFront, only, and steps without a network cannot send to any address.",
    check(template) {
      const groups = ofType(template, "AWS::EC2::SecurityGroup");
      const ingress = ofType(template, "AWS::EC2::SecurityGroupIngress");
      const egress = ofType(template, "AWS::EC2::SecurityGroupEgress");
      const dark = groups.filter(([id]) => id.startsWith("DarkSteps"));
      const ofDark = egress.filter(([, { GroupId }]) => dark.some(([id]) => id === referred(GroupId)));
      return [
        ...unless(
          groups,
          ({ SecurityGroupIngress }) => asList(SecurityGroupIngress).length === 0,
          "admits traffic by address",
        ),
        ...unless(
          ingress,
          ({ SourceSecurityGroupId, SourcePrefixListId }) =>
            SourceSecurityGroupId ?? isOfCloudFront(template, SourcePrefixListId),
          "admits traffic by address",
        ),
        // AWS allows all outbound traffic for a group without rules of its own.
        ...unless(
          groups,
          ({ SecurityGroupEgress }) => asList(SecurityGroupEgress).length > 0,
          "has no outbound rules, so all outbound traffic is allowed",
        ),
        ...unless(
          dark,
          ({ SecurityGroupEgress }) => !(SecurityGroupEgress as SecurityRules)?.some(everywhere),
          "may send to every address",
        ),
        ...unless(ofDark, (rule) => !everywhere(rule), "may send to every address"),
      ];
    },
  },
  {
    id: "NET-2",
    promise: "Every VPC endpoint has a policy that names its actions and resources.",
    check(template) {
      const endpoints = ofType(template, "AWS::EC2::VPCEndpoint");
      return unless(
        endpoints,
        ({ PolicyDocument }) => {
          const statements = statementsOf(PolicyDocument);
          return (
            statements.length > 0 &&
            statements.every(
              ({ Action, Resource, Condition }) => !asList(Action).includes("*") && (Resource !== "*" || Condition),
            )
          );
        },
        "allows every action on every resource",
      );
    },
  },
  {
    id: "NET-3",
    promise: "Isolated subnets have no route to the internet.",
    check(template) {
      const isolated = new Set(
        ofType(template, "AWS::EC2::Subnet")
          .filter(([, { Tags }]) =>
            asList(Tags as { Key: string; Value: string }[]).some(
              ({ Key, Value }) => Key === "aws-cdk:subnet-type" && Value === "Isolated",
            ),
          )
          .map(([id]) => id),
      );
      const tables = new Set(
        ofType(template, "AWS::EC2::SubnetRouteTableAssociation")
          .filter(([, { SubnetId }]) => isolated.has(referred(SubnetId) ?? ""))
          .map(([, { RouteTableId }]) => referred(RouteTableId)),
      );
      return ofType(template, "AWS::EC2::Route").flatMap(([logicalId, { RouteTableId }]): Finding[] =>
        tables.has(referred(RouteTableId)) ? [{ logicalId, problem: "is a route out of an isolated subnet" }] : [],
      );
    },
  },
  {
    id: "NET-4",
    promise: "A DNS firewall resolves the allowed names with their aliases, and no others.",
    check(template) {
      return unless(
        ofType(template, "AWS::Route53Resolver::FirewallRuleGroup"),
        ({ FirewallRules }) => {
          const inOrder = asList(FirewallRules as FirewallRule[]).sort((a, b) => a.Priority - b.Priority);
          const allowed = inOrder.filter(({ Action }) => Action === "ALLOW");
          return (
            inOrder.at(-1)?.Action === "BLOCK" &&
            allowed.every((rule) => rule.FirewallDomainRedirectionAction === "TRUST_REDIRECTION_DOMAIN")
          );
        },
        "blocks the alias of an allowed name, or does not block all other names",
      );
    },
  },
];
