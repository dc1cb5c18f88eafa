/** Rules about ECS tasks, EC2 hosts, costs and alarms. */
import { isFargateSize } from "../../worker-image/launchers/ecs/config.ts";
import { asList, longestText, ofType, referred, type Rule, statementsOf, type Template, unless } from "./template.ts";

interface Container {
  Name: string;
  Essential?: boolean;
  Privileged?: boolean;
  StopTimeout?: number;
  ResourceRequirements?: unknown[];
  LinuxParameters?: { Devices?: unknown[]; Tmpfs?: unknown[]; SharedMemorySize?: number };
  DependsOn?: { ContainerName: string; Condition: string }[];
}

const containersOf = (definition: Record<string, unknown>) => asList(definition["ContainerDefinitions"] as Container[]);
const isEssential = ({ Essential = true }: Container) => Essential;
const onFargate = (template: Template) =>
  ofType(template, "AWS::ECS::TaskDefinition").filter(([, { RequiresCompatibilities }]) =>
    asList(RequiresCompatibilities).includes("FARGATE"),
  );

/** The actions of all policies of a role. */
function actionsOf(template: Template, role: string): string[] {
  const attached = ofType(template, "AWS::IAM::Policy").filter(([, { Roles }]) =>
    asList(Roles as unknown[]).some((one) => referred(one) === role),
  );
  return attached.flatMap(([, { PolicyDocument }]) =>
    statementsOf(PolicyDocument).flatMap(({ Action }) => asList(Action)),
  );
}

/** Limits of AWS in bytes, which it checks only when it creates the resource. */
const maxEnvironmentBytes = 4096;
const maxDefinitionBytes = 65_536;

export const computeRules: Rule[] = [
  {
    id: "FUNC-1",
    promise: "The environment of every function and every ECS task definition fit into the size that AWS allows.",
    check(template) {
      return [
        ...unless(
          ofType(template, "AWS::Lambda::Function"),
          ({ Environment }) => {
            const { Variables = {} } = (Environment ?? {}) as { Variables?: Record<string, unknown> };
            const bytes = Object.entries(Variables).map(([name, value]) => name.length + longestText(value));
            return bytes.reduce((sum, size) => sum + size, 0) <= maxEnvironmentBytes;
          },
          `has variables of more than ${maxEnvironmentBytes} bytes`,
        ),
        ...unless(
          ofType(template, "AWS::ECS::TaskDefinition"),
          (definition) => longestText(definition) <= maxDefinitionBytes,
          `is larger than ${maxDefinitionBytes} bytes: offer fewer profiles`,
        ),
      ];
    },
  },
  {
    id: "TASK-1",
    promise:
      "Workers can pass only one role to ECS tasks, which can pull images and write logs and which no program has.",
    check(template) {
      return unless(
        ofType(template, "AWS::IAM::Policy"),
        ({ PolicyDocument }) =>
          statementsOf(PolicyDocument)
            .filter(({ Action }) => asList(Action).some((action) => /^(iam:PassRole|iam:\*|\*)$/.test(action)))
            // Roles of hosts, which only EC2 accepts.
            .filter(({ Condition }) => !JSON.stringify(Condition ?? {}).includes('"ec2.amazonaws.com"'))
            .every(({ Resource }) =>
              asList(Resource).every((role) => {
                const id = referred(role);
                return id !== undefined && actionsOf(template, id).every((action) => /^(ecr|logs):/.test(action));
              }),
            ),
        "allows to pass a role that can do more than pull images and write logs",
      );
    },
  },
  {
    id: "TASK-2",
    promise: "ECS task sizes and containers are valid for Fargate.",
    check(template) {
      const definitions = onFargate(template);
      return [
        ...unless(
          definitions,
          ({ Cpu, Memory }) => isFargateSize({ cpu: Number(Cpu), memoryMiB: Number(Memory) }),
          "has a size that is not valid for Fargate",
        ),
        ...unless(
          definitions,
          (definition) => containersOf(definition).filter(isEssential).length === 1,
          "needs exactly one essential container",
        ),
        ...unless(
          definitions,
          (definition) =>
            containersOf(definition).every(
              ({
                Privileged = false,
                ResourceRequirements = [],
                LinuxParameters: { Devices = [], Tmpfs = [], SharedMemorySize = 0 } = {},
              }) =>
                !Privileged && [...ResourceRequirements, ...Devices, ...Tmpfs].length === 0 && SharedMemorySize === 0,
            ),
          "needs privileges, devices, GPUs or shared memory, which Fargate does not offer",
        ),
        ...unless(
          definitions,
          (definition) => containersOf(definition).every(({ StopTimeout = 30 }) => StopTimeout <= 120),
          "has a stop timeout of more than 120 s",
        ),
      ];
    },
  },
  {
    id: "TASK-3",
    promise: "A container is not essential if another container waits for its end.",
    check(template) {
      return unless(
        ofType(template, "AWS::ECS::TaskDefinition"),
        (definition) => {
          const containers = containersOf(definition);
          const awaited = containers.flatMap(({ DependsOn = [] }) =>
            DependsOn.filter(({ Condition }) => /COMPLETE|SUCCESS/.test(Condition)),
          );
          return awaited.every(({ ContainerName }) =>
            containers.some((one) => one.Name === ContainerName && !isEssential(one)),
          );
        },
        "has a container that waits for the end of an essential or missing container",
      );
    },
  },
  {
    id: "EC2-1",
    promise:
      "ECS tasks cannot read the credentials of their host (IMDSv2, one hop, blocked for ECS tasks), and the disks of hosts are encrypted.",
    check(template) {
      return unless(
        ofType(template, "AWS::EC2::LaunchTemplate"),
        ({ LaunchTemplateData }) => {
          const data = LaunchTemplateData as {
            MetadataOptions?: { HttpTokens?: string; HttpPutResponseHopLimit?: number };
            UserData?: unknown;
            BlockDeviceMappings?: { Ebs?: { Encrypted?: boolean } }[];
          };
          return (
            data.MetadataOptions?.HttpTokens === "required" &&
            data.MetadataOptions.HttpPutResponseHopLimit === 1 &&
            JSON.stringify(data.UserData ?? "").includes("ECS_AWSVPC_BLOCK_IMDS=true") &&
            (data.BlockDeviceMappings ?? []).length > 0 &&
            (data.BlockDeviceMappings ?? []).every(({ Ebs }) => Ebs?.Encrypted)
          );
        },
        "allows ECS tasks to read the credentials of the host, or has an unencrypted disk",
      );
    },
  },
  {
    id: "EC2-2",
    promise: "Hosts start from launch templates, because new accounts have no launch configurations.",
    check(template) {
      return [
        ...unless(ofType(template, "AWS::AutoScaling::LaunchConfiguration"), () => false, "is a launch configuration"),
        ...unless(
          ofType(template, "AWS::AutoScaling::AutoScalingGroup"),
          ({ LaunchTemplate, MixedInstancesPolicy }) => LaunchTemplate ?? MixedInstancesPolicy,
          "has no launch template",
        ),
      ];
    },
  },
  {
    id: "EC2-3",
    promise: "Hosts delete stopped containers and unused images, and an alarm watches their disks.",
    check(template) {
      const watched = ofType(template, "AWS::CloudWatch::Alarm").filter(
        ([, { MetricName }]) => MetricName === "disk_used_percent",
      );
      const hosts = ofType(template, "AWS::EC2::LaunchTemplate");
      return [
        ...unless(
          hosts,
          ({ LaunchTemplateData }) => {
            const userData = JSON.stringify((LaunchTemplateData as { UserData?: unknown }).UserData ?? "");
            return /ECS_IMAGE_PULL_BEHAVIOR=once/.test(userData) && /TASK_CLEANUP_WAIT_DURATION=1m/.test(userData);
          },
          "keeps containers or images until its disk is full",
        ),
        ...(watched.length < hosts.length
          ? [{ logicalId: "Stack", problem: "has hosts whose disks no alarm watches" }]
          : []),
      ];
    },
  },
  {
    id: "COST-1",
    promise:
      "Every scaling group has a limit. A refused budget cannot fail a deploy, and the budget notifies the topic of the alarms.",
    check(template) {
      const topics = new Set(
        ofType(template, "AWS::CloudWatch::Alarm").flatMap(([, { AlarmActions }]) =>
          asList(AlarmActions as unknown[]).map(referred),
        ),
      );
      return [
        ...unless(
          ofType(template, "AWS::Budgets::Budget"),
          () => false,
          "fails the deploy of an account without budgets",
        ),
        ...unless(
          ofType(template, "Custom::Finish"),
          ({ budgetUsd, budgetTopic }) => budgetUsd === undefined || topics.has(referred(budgetTopic)),
          "sets a budget that notifies nobody",
        ),
        ...unless(
          ofType(template, "AWS::AutoScaling::AutoScalingGroup"),
          ({ MaxSize }) => Number(MaxSize) > 0,
          "has no maximum number of hosts",
        ),
      ];
    },
  },
  {
    id: "ALARM-1",
    promise: "CloudWatch may publish to every alarm topic.",
    check(template) {
      const alarmTopics = new Set(
        ofType(template, "AWS::CloudWatch::Alarm").flatMap(([, { AlarmActions }]) =>
          asList(AlarmActions as unknown[]).map(referred),
        ),
      );
      const policies = ofType(template, "AWS::SNS::TopicPolicy");
      const allowsCloudWatch = (topic: string) =>
        policies
          .filter(([, { Topics }]) => asList(Topics as unknown[]).some((one) => referred(one) === topic))
          .some(([, { PolicyDocument }]) =>
            statementsOf(PolicyDocument).some(
              ({ Effect, Action, Principal }) =>
                Effect === "Allow" &&
                asList(Action).includes("sns:Publish") &&
                asList(Principal?.["Service"]).includes("cloudwatch.amazonaws.com"),
            ),
          );
      return [
        ...unless(
          ofType(template, "AWS::CloudWatch::Alarm"),
          ({ AlarmActions }) => asList(AlarmActions).length > 0,
          "notifies no topic",
        ),
        // A topic without a policy of its own accepts messages of all services of its account.
        ...unless(
          ofType(template, "AWS::SNS::Topic").filter(
            ([id]) =>
              alarmTopics.has(id) &&
              policies.some(([, { Topics }]) => asList(Topics as unknown[]).some((one) => referred(one) === id)),
          ),
          (_, id) => allowsCloudWatch(id),
          "does not allow CloudWatch to publish",
        ),
      ];
    },
  },
];
