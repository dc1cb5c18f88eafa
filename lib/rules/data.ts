/** Rules about buckets, queues, roles, the database and logs. */
import { asList, type Found, ofType, referred, type Rule, statementsOf, type Template, unless } from "./template.ts";

/** Whether the policy of a resource denies requests without TLS. */
function refusesPlainHttp(template: Template, type: string, property: string, id: string): boolean {
  return ofType(template, type)
    .filter(([, properties]) => asList(properties[property] as unknown[]).some((one) => referred(one) === id))
    .some(([, { PolicyDocument }]) =>
      statementsOf(PolicyDocument).some(
        ({ Effect, Condition }) => Effect === "Deny" && Condition?.["Bool"]?.["aws:SecureTransport"] === "false",
      ),
    );
}

const blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
const isProduction = (template: Template) =>
  ofType(template, "AWS::S3::Bucket").some(([, , { DeletionPolicy }]) => DeletionPolicy?.startsWith("Retain"));
const seconds = (properties: Record<string, unknown>) => Number(properties["MessageRetentionPeriod"] ?? 345_600);

/** Functions that CDK adds for its own resources. They log very little and have no log group of ours. */
const isOfCdk = (id: string) => /^Custom(VpcRestrictDefaultSG|S3AutoDeleteObjects)/.test(id);

/** Actions for which IAM does not support resources. */
const withoutResource =
  /^(ecr:GetAuthorizationToken|autoscaling:Describe(AutoScalingGroups|LifecycleHooks)|batch:(DescribeJobDefinitions|DescribeJobs|ListJobs)|ecs:(RegisterTaskDefinition|DeregisterTaskDefinition|DescribeTaskDefinition|ListTaskDefinitions|ListTasks|DiscoverPollEndpoint)|ec2:Describe(Instances|ManagedPrefixLists)|sqs:ListQueues)$/;

/** Policies of hosts: the calls of the ECS agent and one metric, which conditions limit to the cluster and the namespace. */
const isOfHosts = ([id]: Found) => /^(ComputeCapacity|RequestedHostsrequested).*Role/.test(id);

export const dataRules: Rule[] = [
  {
    id: "S3-1",
    promise: "Buckets are private and encrypted, and accept TLS only.",
    check(template) {
      const buckets = ofType(template, "AWS::S3::Bucket");
      return [
        ...unless(
          buckets,
          ({ PublicAccessBlockConfiguration }) =>
            blocks.every(
              (one) => (PublicAccessBlockConfiguration as Record<string, unknown> | undefined)?.[one] === true,
            ),
          "can be made public",
        ),
        ...unless(buckets, ({ BucketEncryption }) => BucketEncryption, "is not encrypted"),
        ...unless(
          buckets,
          (_, id) => refusesPlainHttp(template, "AWS::S3::BucketPolicy", "Bucket", id),
          "accepts requests without TLS",
        ),
      ];
    },
  },
  {
    id: "S3-2",
    promise: "Files of production that are deleted or replaced are kept for a time, and not for ever.",
    check(template) {
      const buckets = ofType(template, "AWS::S3::Bucket");
      const isVersioned = ({ VersioningConfiguration }: Record<string, unknown>) =>
        (VersioningConfiguration as { Status?: string } | undefined)?.Status === "Enabled";
      return [
        ...unless(
          buckets.filter(([id]) => id.startsWith("Storage")),
          (properties) => !isProduction(template) || isVersioned(properties),
          "does not keep deleted files, so they could not be restored with the database",
        ),
        ...unless(
          buckets.filter(([, properties]) => isVersioned(properties)),
          ({ LifecycleConfiguration }) => JSON.stringify(LifecycleConfiguration ?? "").includes("NoncurrentDays"),
          "keeps deleted files for ever",
        ),
      ];
    },
  },
  {
    id: "SQS-1",
    promise: "Queues accept TLS only, and dead-letter queues keep messages longer than their queues.",
    check(template) {
      const queues = ofType(template, "AWS::SQS::Queue");
      const deadLetters = new Map(
        queues.flatMap(([id, { RedrivePolicy }]) => {
          const target = referred(
            (RedrivePolicy as { deadLetterTargetArn?: unknown } | undefined)?.deadLetterTargetArn,
          );
          return target === undefined ? [] : [[id, target] as const];
        }),
      );
      const targets = new Set(deadLetters.values());
      return [
        // Doorbells have no content that could be faulty.
        ...unless(
          queues,
          (_, id) => deadLetters.has(id) || targets.has(id) || id.startsWith("QueuesDefaultQueue"),
          "has no dead-letter queue",
        ),
        ...unless(
          queues,
          (properties, id) => {
            const target = template.Resources[deadLetters.get(id) ?? ""]?.Properties;
            return !target || seconds(target) > seconds(properties);
          },
          "does not keep dead letters longer than messages",
        ),
        ...unless(
          queues,
          (_, id) => refusesPlainHttp(template, "AWS::SQS::QueuePolicy", "Queues", id),
          "accepts requests without TLS",
        ),
      ];
    },
  },
  {
    id: "IAM-1",
    promise: "No role uses * where AWS lets the resource be named.",
    check(template) {
      const policies = ofType(template, "AWS::IAM::Policy").filter((policy) => !isOfHosts(policy));
      return unless(
        policies,
        ({ PolicyDocument }) =>
          statementsOf(PolicyDocument)
            .filter(({ Effect, Resource }) => Effect === "Allow" && asList(Resource).includes("*"))
            .every(({ Action }) => asList(Action).every((action) => withoutResource.test(action))),
        "allows an action on every resource of the account",
      );
    },
  },
  {
    id: "DB-1",
    promise:
      "The database is private and encrypted, its storage has a limit, and in production the deploy ends with its deletion protection.",
    check(template) {
      const databases = ofType(template, "AWS::RDS::DBInstance");
      return [
        ...unless(databases, ({ PubliclyAccessible }) => PubliclyAccessible === false, "is public"),
        ...unless(databases, ({ StorageEncrypted }) => StorageEncrypted === true, "is not encrypted"),
        ...unless(
          databases,
          ({ MaxAllocatedStorage }) => Number(MaxAllocatedStorage) > 0,
          "has no storage autoscaling with a limit",
        ),
        ...unless(
          databases,
          (_, id) =>
            !isProduction(template) ||
            ofType(template, "Custom::Finish").some(([, { protectedDatabase }]) => referred(protectedDatabase) === id),
          "gets no deletion protection in production",
        ),
        ...unless(
          databases,
          ({ DeletionProtection }) => DeletionProtection === undefined,
          "is protected before the deploy has succeeded, so a failed first deploy could not be rolled back",
        ),
      ];
    },
  },
  {
    id: "LOG-1",
    promise: "Every log group has a retention period.",
    check(template) {
      return [
        ...unless(
          ofType(template, "AWS::Logs::LogGroup"),
          ({ RetentionInDays }) => RetentionInDays,
          "has no retention period",
        ),
        ...unless(
          ofType(template, "AWS::Lambda::Function"),
          ({ LoggingConfig }, id) =>
            referred((LoggingConfig as { LogGroup?: unknown } | undefined)?.LogGroup) !== undefined || isOfCdk(id),
          "creates its own log group, which has no retention period",
        ),
      ];
    },
  },
];
