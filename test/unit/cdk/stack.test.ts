import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { Deployed } from "./fixtures/deployed.ts";

const production = Deployed.synthesize("production", {});
const trial = Deployed.synthesize("trial", {});
after(() => {
  production.remove();
  trial.remove();
});

/** Types whose resources hold something that a replacement would lose. */
const statefulTypes = [
  "AWS::DynamoDB::Table",
  "AWS::ECR::Repository",
  "AWS::EFS::FileSystem",
  "AWS::KMS::Key",
  "AWS::RDS::DBCluster",
  "AWS::RDS::DBInstance",
  "AWS::S3::Bucket",
  "AWS::SQS::Queue",
  "AWS::SecretsManager::Secret",
];

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Principal?: unknown;
  Condition?: { Bool?: Record<string, string>; StringEquals?: Record<string, unknown> };
}

/** Statements of a policy document found at a property. */
const statements = (document: unknown) => (document as { Statement: Statement[] }).Statement;

const refusesPlainHttp = (document: unknown) =>
  statements(document).some(
    ({ Effect, Action, Condition }) =>
      Effect === "Deny" && /^(s3|sqs):\*$/.test(String(Action)) && Condition?.Bool?.["aws:SecureTransport"] === "false",
  );

describe("state", () => {
  for (const [mode, deployed] of Object.entries({ production, trial })) {
    it(`keeps its logical ids for ever (${mode})`, () => {
      const committed: unknown = JSON.parse(
        readFileSync(new URL("./fixtures/stateful-logical-ids.json", import.meta.url), "utf8"),
      );
      const found = statefulTypes.flatMap((type) => deployed.ofType(type).map(([id]) => [id, type]));
      assert.deepEqual(Object.fromEntries(found), committed);
    });

    it(`says what becomes of it when it is removed (${mode})`, () => {
      for (const type of statefulTypes)
        for (const [id, resource] of deployed.ofType(type)) {
          assert.ok(resource.DeletionPolicy, id);
          assert.equal(resource.UpdateReplacePolicy, resource.DeletionPolicy, id);
        }
    });
  }

  const fate = (deployed: Deployed, type: string) => new Set(deployed.ofType(type).map(([, { DeletionPolicy }]) => DeletionPolicy));

  it("outlives the stack in production", () => {
    assert.deepEqual(fate(production, "AWS::RDS::DBInstance"), new Set(["Snapshot"]));
    assert.deepEqual(fate(production, "AWS::S3::Bucket"), new Set(["Retain"]));
    assert.equal(production.ofType("Custom::S3AutoDeleteObjects").length, 0);
  });

  it("leaves nothing behind in a trial, full buckets included", () => {
    assert.deepEqual(fate(trial, "AWS::RDS::DBInstance"), new Set(["Delete"]));
    assert.deepEqual(fate(trial, "AWS::S3::Bucket"), new Set(["Delete"]));
    assert.equal(trial.ofType("Custom::S3AutoDeleteObjects").length, trial.ofType("AWS::S3::Bucket").length);
  });
});

describe("network", () => {
  it("has no NAT gateway", () => {
    assert.equal(production.ofType("AWS::EC2::NatGateway").length, 0);
  });

  it("routes nothing out of the inside subnets", () => {
    const tables = production.ofType("AWS::EC2::Route").map(([, { Properties }]) => (Properties["RouteTableId"] as { Ref: string }).Ref);
    assert.equal(tables.length, 2);
    for (const table of tables) assert.match(table, /public/);
  });

  it("gives no public address by itself", () => {
    for (const [id, { Properties }] of production.ofType("AWS::EC2::Subnet"))
      assert.notEqual(Properties["MapPublicIpOnLaunch"], true, id);
  });

  it("lets endpoints serve this account's principals at this deployment's resources only", () => {
    const endpoints = production.ofType("AWS::EC2::VPCEndpoint");
    assert.equal(endpoints.length, 2);
    for (const [id, { Properties }] of endpoints)
      for (const { Resource, Condition } of statements(Properties["PolicyDocument"])) {
        assert.notEqual(Resource, "*", id);
        assert.deepEqual(Condition?.StringEquals, { "aws:PrincipalAccount": { Ref: "AWS::AccountId" } }, id);
      }
  });

  it("pays for one interface endpoint in one zone", () => {
    const interfaces = production.ofType("AWS::EC2::VPCEndpoint").filter(([, { Properties }]) => Properties["VpcEndpointType"] === "Interface");
    assert.deepEqual(interfaces.map(([, { Properties }]) => (Properties["SubnetIds"] as unknown[]).length), [1]);
  });

  it("uses no launch configuration, which new accounts cannot make", () => {
    assert.equal(production.ofType("AWS::AutoScaling::LaunchConfiguration").length, 0);
  });
});

describe("database", () => {
  const [, { Properties: database }] = production.ofType("AWS::RDS::DBInstance")[0]!;

  it("is private, encrypted, capped, signed in to by IAM, and guarded against deletion", () => {
    assert.equal(database["PubliclyAccessible"], false);
    assert.equal(database["StorageEncrypted"], true);
    assert.equal(database["EnableIAMDatabaseAuthentication"], true);
    assert.equal(database["DeletionProtection"], true);
    assert.equal(database["DBInstanceClass"], "db.t4g.micro");
    assert.equal(database["MaxAllocatedStorage"], 100);
  });

  it("has its owner's password made by RDS, so that no template holds it", () => {
    assert.equal(database["ManageMasterUserPassword"], true);
    assert.equal(database["MasterUserPassword"], undefined);
  });

  it("is reached from the functions' security group only", () => {
    const ingress = production
      .ofType("AWS::EC2::SecurityGroupIngress")
      .filter(([, { Properties }]) => JSON.stringify(Properties["GroupId"]).includes("DatabasePostgres"));
    assert.deepEqual(
      ingress.map(([, { Properties }]) => JSON.stringify(Properties["SourceSecurityGroupId"]).includes("NetworkFunctions")),
      [true],
    );
  });
});

describe("buckets", () => {
  const buckets = production.ofType("AWS::S3::Bucket");

  it("block every kind of public access", () => {
    for (const [id, { Properties }] of buckets)
      assert.deepEqual(
        Properties["PublicAccessBlockConfiguration"],
        { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        id,
      );
  });

  it("refuse plain HTTP", () => {
    const policies = production.ofType("AWS::S3::BucketPolicy");
    assert.equal(policies.length, buckets.length);
    for (const [id, { Properties }] of policies) assert.ok(refusesPlainHttp(Properties["PolicyDocument"]), id);
  });

  it("let browsers write uploads but not what attempts left", () => {
    const browserMethods = (name: string) => {
      const [, { Properties }] = buckets.find(([id]) => id.startsWith(name))!;
      return (Properties["CorsConfiguration"] as { CorsRules: { AllowedMethods: string[] }[] }).CorsRules.flatMap((rule) => rule.AllowedMethods);
    };
    assert.deepEqual(browserMethods("StorageUploads"), ["GET", "HEAD", "PUT", "POST"]);
    assert.deepEqual(browserMethods("StorageJobs"), ["GET", "HEAD"]);
  });
});

describe("queues", () => {
  const queues = production.ofType("AWS::SQS::Queue");
  const deadLetters = queues.filter(([id]) => id.includes("DeadLetters"));

  it("have dead letters kept longer than their own messages", () => {
    assert.equal(deadLetters.length * 2, queues.length);
    for (const [id, { Properties }] of queues.filter((queue) => !deadLetters.includes(queue))) {
      const { deadLetterTargetArn } = Properties["RedrivePolicy"] as { deadLetterTargetArn: { "Fn::GetAtt": [string, string] } };
      const target = production.resources[deadLetterTargetArn["Fn::GetAtt"][0]]!;
      assert.ok(Number(target.Properties["MessageRetentionPeriod"]) > Number(Properties["MessageRetentionPeriod"]), id);
    }
  });

  it("refuse plain HTTP and are encrypted", () => {
    const policies = production.ofType("AWS::SQS::QueuePolicy");
    assert.equal(policies.length, queues.length);
    for (const [id, { Properties }] of policies) assert.ok(refusesPlainHttp(Properties["PolicyDocument"]), id);
    for (const [id, { Properties }] of queues) assert.equal(Properties["SqsManagedSseEnabled"], true, id);
  });
});
