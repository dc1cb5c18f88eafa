import { isFargateSize } from "../../worker-image/launchers/ecs/config.ts";
import { asList, ofType, referred, type Rule, statementsOf, type Template, unless } from "./template.ts";

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

/** Actions of every policy that is attached to a role. */
function actionsOf(template: Template, role: string): string[] {
  const attached = ofType(template, "AWS::IAM::Policy").filter(([, { Roles }]) =>
    asList(Roles as unknown[]).some((one) => referred(one) === role),
  );
  return attached.flatMap(([, { PolicyDocument }]) =>
    statementsOf(PolicyDocument).flatMap(({ Action }) => asList(Action)),
  );
}

export const computeRules: Rule[] = [
  {
    id: "TASK-1",
    promise: "What starts steps can give them one role only: to pull images and write logs, which no program holds.",
    check(template) {
      return unless(
        ofType(template, "AWS::IAM::Policy"),
        ({ PolicyDocument }) =>
          statementsOf(PolicyDocument)
            .filter(({ Action }) => asList(Action).some((action) => /^(iam:PassRole|iam:\*|\*)$/.test(action)))
            .every(({ Resource }) =>
              asList(Resource).every((role) => {
                const id = referred(role);
                return id !== undefined && actionsOf(template, id).every((action) => /^(ecr|logs):/.test(action));
              }),
            ),
        "lets a role be passed on that can do more than pull images and write logs",
      );
    },
  },
  {
    id: "TASK-2",
    promise: "Tasks are such as Fargate takes.",
    check(template) {
      const definitions = onFargate(template);
      return [
        ...unless(
          definitions,
          ({ Cpu, Memory }) => isFargateSize({ cpu: Number(Cpu), memoryMiB: Number(Memory) }),
          "has a size that Fargate has not",
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
          "asks for what Fargate does not give: privileges, devices, GPUs or shared memory",
        ),
        ...unless(
          definitions,
          (definition) => containersOf(definition).every(({ StopTimeout = 30 }) => StopTimeout <= 120),
          "takes longer to stop than 120 s",
        ),
      ];
    },
  },
  {
    id: "TASK-3",
    promise: "A container that others wait to end is not essential.",
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
        "waits for the end of an essential container, or of none it has",
      );
    },
  },
  {
    id: "EC2-1",
    promise: "Hosts keep their credentials from tasks: IMDSv2, one hop, blocked for tasks; their disks are encrypted.",
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
        "lets tasks reach the host's credentials, or has a disk in the clear",
      );
    },
  },
  {
    id: "EC2-2",
    promise: "Hosts start from launch templates: new accounts have no launch configurations.",
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
    id: "COST-1",
    promise: "Everything that grows has a limit, and somebody is told before the money is gone.",
    check(template) {
      const budgets = ofType(template, "AWS::Budgets::Budget");
      const withNotice = budgets.filter(
        ([, { NotificationsWithSubscribers }]) => asList(NotificationsWithSubscribers).length > 0,
      );
      return [
        ...(withNotice.length > 0 ? [] : [{ logicalId: "Stack", problem: "has no budget that tells somebody" }]),
        ...unless(
          ofType(template, "AWS::AutoScaling::AutoScalingGroup"),
          ({ MaxSize }) => Number(MaxSize) > 0,
          "has no limit of hosts",
        ),
      ];
    },
  },
  {
    id: "ALARM-1",
    promise: "Whom an alarm tells, CloudWatch may tell.",
    check(template) {
      const told = new Set(
        ofType(template, "AWS::CloudWatch::Alarm").flatMap(([, { AlarmActions }]) =>
          asList(AlarmActions as unknown[]).map(referred),
        ),
      );
      const policies = ofType(template, "AWS::SNS::TopicPolicy");
      const letsCloudWatch = (topic: string) =>
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
          "tells nobody",
        ),
        // A topic without a policy of its own takes what its account's services publish.
        ...unless(
          ofType(template, "AWS::SNS::Topic").filter(
            ([id]) =>
              told.has(id) &&
              policies.some(([, { Topics }]) => asList(Topics as unknown[]).some((one) => referred(one) === id)),
          ),
          (_, id) => letsCloudWatch(id),
          "takes no alarm from CloudWatch",
        ),
      ];
    },
  },
];
