import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { App, Stack, Validations } from "aws-cdk-lib";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { PlatformRules, rules } from "../../../lib/rules/index.ts";
import { ofType, type Template } from "../../../lib/rules/template.ts";
import { combinations } from "./fixtures/combinations.ts";
import { Deployed } from "./fixtures/deployed.ts";
import { templateOf } from "./fixtures/synthesized.ts";

/** The template with everything in it. */
const base = templateOf("hosts with GPUs, on demand and spot");

type Properties = Record<string, unknown>;
/** Changes the properties of the first resource of a type whose id begins so. */
const change =
  (type: string, prefix: string, spoil: (properties: Properties) => void) =>
  (template: Template): void => {
    const [, properties] = ofType(template, type).find(([id]) => id.startsWith(prefix))!;
    spoil(properties);
  };
const add = (Type: string, Properties: Properties) => (template: Template) =>
  void (template.Resources["Added"] = { Type, Properties });
const container = (spoil: (container: Properties) => void) =>
  change("AWS::ECS::TaskDefinition", "ComputeWorker", ({ ContainerDefinitions }) =>
    spoil((ContainerDefinitions as Properties[])[0]!),
  );
const launchData = (spoil: (data: Properties) => void) =>
  change("AWS::EC2::LaunchTemplate", "ComputeCapacity", ({ LaunchTemplateData }) =>
    spoil(LaunchTemplateData as Properties),
  );
const policy = (Action: string, Resource: unknown) =>
  add("AWS::IAM::Policy", { PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource }] }, Roles: [] });

/** A way to break each promise. */
const bad: [rule: string, what: string, spoil: (template: Template) => void][] = [
  [
    "S3-2",
    "deleted files are gone in production",
    change("AWS::S3::Bucket", "StorageUploads", (bucket) => delete bucket["VersioningConfiguration"]),
  ],
  [
    "S3-2",
    "deleted files stay for ever",
    change("AWS::S3::Bucket", "StorageJobs", (bucket) => delete bucket["LifecycleConfiguration"]),
  ],
  [
    "NET-1",
    "a group lets in the internet",
    change(
      "AWS::EC2::SecurityGroup",
      "NetworkWorkers",
      (group) => (group["SecurityGroupIngress"] = [{ CidrIp: "0.0.0.0/0" }]),
    ),
  ],
  [
    "NET-1",
    "a rule lets in the internet",
    add("AWS::EC2::SecurityGroupIngress", { CidrIp: "0.0.0.0/0", GroupId: { Ref: "NetworkWorkers" } }),
  ],
  [
    "NET-1",
    "a rule lets in a list of addresses that is not CloudFront's",
    add("AWS::EC2::SecurityGroupIngress", { SourcePrefixListId: "pl-1", GroupId: { Ref: "NetworkWorkers" } }),
  ],
  [
    "NET-1",
    "a group says nothing of what it sends",
    change("AWS::EC2::SecurityGroup", "DarkSteps", (group) => delete group["SecurityGroupEgress"]),
  ],
  [
    "NET-1",
    "dark steps may send everywhere",
    change(
      "AWS::EC2::SecurityGroup",
      "DarkSteps",
      (group) => (group["SecurityGroupEgress"] = [{ CidrIp: "0.0.0.0/0" }]),
    ),
  ],
  [
    "NET-2",
    "an endpoint has no policy",
    change("AWS::EC2::VPCEndpoint", "DarkS3", (endpoint) => delete endpoint["PolicyDocument"]),
  ],
  [
    "NET-2",
    "an endpoint lets anybody do anything",
    change(
      "AWS::EC2::VPCEndpoint",
      "DarkS3",
      (endpoint) => (endpoint["PolicyDocument"] = { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
    ),
  ],
  [
    "NET-3",
    "an isolated subnet has a way out",
    (template) => {
      const [table] = ofType(template, "AWS::EC2::RouteTable").find(([id]) => /tasks/.test(id))!;
      add("AWS::EC2::Route", { RouteTableId: { Ref: table }, DestinationCidrBlock: "0.0.0.0/0" })(template);
    },
  ],
  [
    "NET-4",
    "a firewall blocks what an allowed name is an alias of",
    change(
      "AWS::Route53Resolver::FirewallRuleGroup",
      "",
      ({ FirewallRules }) => delete (FirewallRules as Properties[])[0]!["FirewallDomainRedirectionAction"],
    ),
  ],
  [
    "NET-4",
    "a firewall resolves what it does not know",
    change(
      "AWS::Route53Resolver::FirewallRuleGroup",
      "",
      (group) => (group["FirewallRules"] = (group["FirewallRules"] as Properties[]).slice(0, 1)),
    ),
  ],
  ["TASK-1", "any role can be passed on", policy("iam:PassRole", "arn:aws:iam::123456789012:role/any")],
  [
    "TASK-1",
    "the role of steps may read objects",
    (template) => {
      const [, role] = ofType(template, "AWS::IAM::Policy").find(([id]) => id.startsWith("ComputeStepExecution"))!;
      (role["PolicyDocument"] as { Statement: object[] }).Statement.push({
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::bucket/*",
      });
    },
  ],
  [
    "TASK-2",
    "a size is none of Fargate's",
    change("AWS::ECS::TaskDefinition", "ComputeWorker", (task) => (task["Memory"] = "8192")),
  ],
  ["TASK-2", "no container is essential", container((one) => (one["Essential"] = false))],
  ["TASK-2", "a container is privileged", container((one) => (one["Privileged"] = true))],
  [
    "TASK-2",
    "a container wants a GPU",
    container((one) => (one["ResourceRequirements"] = [{ Type: "GPU", Value: "1" }])),
  ],
  ["TASK-2", "a container takes ten minutes to stop", container((one) => (one["StopTimeout"] = 600))],
  [
    "TASK-3",
    "a container waits for the end of an essential one",
    container((one) => (one["DependsOn"] = [{ ContainerName: "worker", Condition: "SUCCESS" }])),
  ],
  [
    "FUNC-1",
    "the variables of a function are more than Lambda takes",
    change("AWS::Lambda::Function", "EventsSweeper", ({ Environment }) =>
      Object.assign((Environment as { Variables: Properties }).Variables, { MANY: "x".repeat(3000) }),
    ),
  ],
  [
    "FUNC-1",
    "a task definition is more than ECS takes",
    container((one) => (one["Environment"] = [{ Name: "BENCHSTACK_ECS", Value: "x".repeat(65_536) }])),
  ],
  [
    "EC2-1",
    "hosts answer IMDSv1",
    launchData((data) => (data["MetadataOptions"] = { HttpTokens: "optional", HttpPutResponseHopLimit: 1 })),
  ],
  [
    "EC2-1",
    "hosts answer tasks",
    launchData((data) => {
      data["UserData"] = JSON.parse(JSON.stringify(data["UserData"]).replace("BLOCK_IMDS=true", "BLOCK_IMDS=false"));
    }),
  ],
  [
    "EC2-1",
    "a host's disk is in the clear",
    launchData((data) => (data["BlockDeviceMappings"] = [{ Ebs: { Encrypted: false } }])),
  ],
  [
    "EC2-3",
    "hosts keep every image",
    launchData((data) => {
      data["UserData"] = JSON.parse(
        JSON.stringify(data["UserData"]).replace("BEHAVIOR=once", "BEHAVIOR=prefer-cached"),
      );
    }),
  ],
  [
    "EC2-3",
    "nobody watches the disks of hosts",
    (template) =>
      delete template.Resources[ofType(template, "AWS::CloudWatch::Alarm").find(([id]) => id.includes("Disk"))![0]],
  ],
  ["EC2-2", "hosts start from a launch configuration", add("AWS::AutoScaling::LaunchConfiguration", {})],
  [
    "EC2-2",
    "hosts have no launch template",
    change("AWS::AutoScaling::AutoScalingGroup", "", (group) => delete group["LaunchTemplate"]),
  ],
  ["COST-1", "the budget can fail a deploy", add("AWS::Budgets::Budget", {})],
  ["COST-1", "the budget notifies nobody", change("Custom::Finish", "", (finish) => delete finish["budgetTopic"])],
  [
    "COST-1",
    "hosts have no limit",
    change("AWS::AutoScaling::AutoScalingGroup", "", (group) => delete group["MaxSize"]),
  ],
  ["ALARM-1", "an alarm tells nobody", change("AWS::CloudWatch::Alarm", "", (alarm) => delete alarm["AlarmActions"])],
  [
    "ALARM-1",
    "a topic takes no alarm",
    change("AWS::SNS::TopicPolicy", "Monitoring", (one) => (one["PolicyDocument"] = { Statement: [] })),
  ],
  [
    "S3-1",
    "a bucket can be made public",
    change("AWS::S3::Bucket", "StorageJobs", (bucket) => delete bucket["PublicAccessBlockConfiguration"]),
  ],
  [
    "S3-1",
    "a bucket is not encrypted",
    change("AWS::S3::Bucket", "StorageJobs", (bucket) => delete bucket["BucketEncryption"]),
  ],
  [
    "S3-1",
    "a bucket answers without TLS",
    change("AWS::S3::BucketPolicy", "StorageJobs", (one) => (one["PolicyDocument"] = { Statement: [] })),
  ],
  [
    "SQS-1",
    "a queue has no dead letters",
    change("AWS::SQS::Queue", "QueuesScalingD7", (queue) => delete queue["RedrivePolicy"]),
  ],
  [
    "SQS-1",
    "dead letters go first",
    change("AWS::SQS::Queue", "QueuesControlDeadLetters", (queue) => (queue["MessageRetentionPeriod"] = 60)),
  ],
  [
    "SQS-1",
    "a queue answers without TLS",
    change("AWS::SQS::QueuePolicy", "QueuesControl", (one) => (one["PolicyDocument"] = { Statement: [] })),
  ],
  ["IAM-1", "a role may read every object", policy("s3:GetObject", "*")],
  [
    "DB-1",
    "the database is public",
    change("AWS::RDS::DBInstance", "", (database) => (database["PubliclyAccessible"] = true)),
  ],
  [
    "DB-1",
    "the database is in the clear",
    change("AWS::RDS::DBInstance", "", (database) => (database["StorageEncrypted"] = false)),
  ],
  [
    "DB-1",
    "the database is not capped",
    change("AWS::RDS::DBInstance", "", (database) => delete database["MaxAllocatedStorage"]),
  ],
  [
    "DB-1",
    "the database can be deleted in production",
    change("Custom::Finish", "", (finish) => delete finish["protectedDatabase"]),
  ],
  [
    "DB-1",
    "a failed first deploy cannot take the database back",
    change("AWS::RDS::DBInstance", "", (database) => (database["DeletionProtection"] = true)),
  ],
  ["LOG-1", "a log is kept for ever", change("AWS::Logs::LogGroup", "", (group) => delete group["RetentionInDays"])],
  [
    "LOG-1",
    "a function makes its own log group",
    change("AWS::Lambda::Function", "EventsScaler", (one) => delete one["LoggingConfig"]),
  ],
];

const findings = (template: Template) =>
  rules.flatMap(({ id, check }) => check(template).map((finding) => ({ rule: id, ...finding })));

describe("the rules every deployment keeps", () => {
  for (const name of Object.keys(combinations))
    it(`hold for ${name}`, () => assert.deepEqual(findings(templateOf(name)), []));

  for (const [rule, what, spoil] of bad)
    it(`${rule} finds that ${what}`, () => {
      const template = structuredClone(base);
      spoil(template);
      assert.deepEqual([...new Set(findings(template).map((finding) => finding.rule))], [rule]);
    });

  it("hold for many profiles with many users, which no function's environment could have", () => {
    const users = Array.from({ length: 100 }, (_, i) => `somebody-with-a-long-name-${i}`);
    const size = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, capacity: "FARGATE", users };
    const profiles = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`profile-${i}`, size]));
    const deployed = Deployed.synthesize({ profiles });
    try {
      assert.deepEqual(findings({ Resources: deployed.resources }), []);
      const [, { Properties: database }] = deployed.ofType("Custom::Database")[0]!;
      assert.equal(Object.keys(JSON.parse(String(database["profiles"])) as object).length, 51);
    } finally {
      deployed.remove();
    }
  });

  it("have a bad example each", () => {
    assert.deepEqual(
      rules.map(({ id }) => id).filter((id) => !bad.some(([rule]) => rule === id)),
      [],
    );
  });

  it("stop the synthesis of a stack that breaks one", () => {
    const outdir = mkdtempSync(join(tmpdir(), "benchstack-rules-"));
    const exitCode = process.exitCode;
    try {
      const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
      new sqs.Queue(new Stack(app, "Bad"), "Queue");
      Validations.of(app).addPlugins(new PlatformRules());
      assert.throws(() => {
        app.synth();
        if (process.exitCode) throw new Error(`exit code ${process.exitCode}`);
      });
    } finally {
      process.exitCode = exitCode;
      rmSync(outdir, { recursive: true });
    }
  });
});
