import { asList, type Finding, ofType, referred, type Rule, statementsOf, unless } from "./template.ts";

const everywhere = (rule: Record<string, unknown>) => rule["CidrIp"] === "0.0.0.0/0" || rule["CidrIpv6"] === "::/0";
interface FirewallRule {
  Priority: number;
  Action: string;
  FirewallDomainRedirectionAction?: string;
}
type SecurityRules = Record<string, unknown>[] | undefined;

export const networkRules: Rule[] = [
  {
    id: "NET-1",
    promise: "Nothing gets in by address, and dark steps send to no address.",
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
          "lets in what is not a group's",
        ),
        ...unless(ingress, ({ SourceSecurityGroupId }) => SourceSecurityGroupId, "lets in what is not a group's"),
        // AWS lets a group without rules of its own send everywhere.
        ...unless(
          groups,
          ({ SecurityGroupEgress }) => asList(SecurityGroupEgress).length > 0,
          "says nothing of what it may send, so it may send everywhere",
        ),
        ...unless(
          dark,
          ({ SecurityGroupEgress }) => !(SecurityGroupEgress as SecurityRules)?.some(everywhere),
          "may send everywhere",
        ),
        ...unless(ofDark, (rule) => !everywhere(rule), "may send everywhere"),
      ];
    },
  },
  {
    id: "NET-2",
    promise: "Every endpoint has a policy that names what it is for.",
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
        "lets anybody do anything through it",
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
        tables.has(referred(RouteTableId)) ? [{ logicalId, problem: "is a way out of an isolated subnet" }] : [],
      );
    },
  },
  {
    id: "NET-4",
    promise: "A firewall that resolves a name resolves what the name is an alias of, and no other.",
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
        "blocks what an allowed name is an alias of, or does not block the rest",
      );
    },
  },
];
