import assert from "node:assert/strict";
import { afterAll, describe, it } from "@jest/globals";
import { ofType } from "../../../lib/rules/template.ts";
import { Deployed } from "./fixtures/deployed.ts";
import { templateOf } from "./fixtures/synthesized.ts";

const large = templateOf("a large platform behind a firewall");
const [, database] = ofType(large, "AWS::RDS::DBInstance")[0]!;
const { DistributionConfig } = ofType(large, "AWS::CloudFront::Distribution")[0]![1] as {
  DistributionConfig: { WebACLId: string; Logging: { Bucket: unknown } };
};

describe("a large platform", () => {
  it("has the database that its configuration describes", () => {
    const { DBInstanceClass, MultiAZ, AllocatedStorage, MaxAllocatedStorage, BackupRetentionPeriod } = database;
    assert.deepEqual(
      [DBInstanceClass, MultiAZ, AllocatedStorage, MaxAllocatedStorage, BackupRetentionPeriod],
      ["db.m7g.large", true, "100", 500, 35],
    );
    const alarms = ofType(large, "AWS::CloudWatch::Alarm").map(([, { MetricName }]) => MetricName);
    assert.ok(!alarms.includes("CPUCreditBalance"), "this type has no credits");
  });

  it("has its firewall and the logs of CloudFront, in a bucket that forgets them", () => {
    assert.match(DistributionConfig.WebACLId, /global\/webacl\/bench/);
    const [, logs] = ofType(large, "AWS::S3::Bucket").find(([id]) => id.startsWith("WebLogs"))!;
    assert.ok(JSON.stringify(DistributionConfig.Logging.Bucket).includes("WebLogs"));
    assert.match(JSON.stringify(logs["LifecycleConfiguration"]), /"ExpirationInDays":30/);
  });

  it("keeps executions for requests of workers, as many as they have connections", () => {
    const reserved = ofType(large, "AWS::Lambda::Function").flatMap(([id, { ReservedConcurrentExecutions: count }]) =>
      count === undefined ? [] : [[id.replace(/[0-9A-F]{8}$/, ""), count]],
    );
    assert.deepEqual(reserved, [["Apiworker", 15]]);
  });

  it("names the image that organizers can pull, in the functions that answer them", () => {
    const [, { Environment }] = ofType(large, "AWS::Lambda::Function").find(([id]) =>
      id.startsWith("Apicompetitions"),
    )!;
    const { Variables } = Environment as { Variables: Record<string, unknown> };
    assert.equal(Variables["ORGANIZER_IMAGE"], "public.ecr.aws/example/benchstack-worker:1.0.0");
  });
});

describe("files of production", () => {
  for (const [name, days] of [
    ["defaults", 14],
    ["a large platform behind a firewall", 35],
  ] as const)
    it(`are kept for ${days} days after they were deleted, like backups (${name})`, () => {
      const template = templateOf(name);
      assert.equal(ofType(template, "AWS::RDS::DBInstance")[0]![1]["BackupRetentionPeriod"], days);
      const buckets = ofType(template, "AWS::S3::Bucket").filter(([id]) => id.startsWith("Storage"));
      assert.equal(buckets.length, 2);
      for (const [id, { VersioningConfiguration, LifecycleConfiguration }] of buckets) {
        assert.deepEqual(VersioningConfiguration, { Status: "Enabled" }, id);
        assert.match(JSON.stringify(LifecycleConfiguration), new RegExp(`"NoncurrentDays":${days}`), id);
      }
    });

  it("do not stay where nobody uses them: parts of uploads that were never completed, and answers that were fetched (A-252)", () => {
    const rulesOf = (name: string) =>
      (
        ofType(templateOf("defaults"), "AWS::S3::Bucket").find(([id]) => id.startsWith(name))![1][
          "LifecycleConfiguration"
        ] as {
          Rules: Record<string, unknown>[];
        }
      ).Rules;
    for (const name of ["StorageUploads", "StorageJobs"])
      assert.ok(
        rulesOf(name).some(
          ({ AbortIncompleteMultipartUpload: abort, Prefix }) =>
            Prefix === undefined && JSON.stringify(abort) === '{"DaysAfterInitiation":2}',
        ),
        name,
      );
    const { ExpirationInDays, NoncurrentVersionExpiration } = rulesOf("StorageJobs").find(
      ({ Prefix }) => Prefix === "answers/",
    )!;
    assert.deepEqual([ExpirationInDays, NoncurrentVersionExpiration], [1, { NoncurrentDays: 1 }]);
  });

  it("cannot be deleted with their versions by a function", () => {
    for (const [, { PolicyDocument }] of ofType(templateOf("defaults"), "AWS::IAM::Policy"))
      assert.doesNotMatch(JSON.stringify(PolicyDocument), /s3:DeleteObjectVersion|"s3:\*"|s3:PutBucketVersioning/);
  });
});

describe("a platform without an internet gateway", () => {
  const inside = templateOf("no internet gateway");

  it("runs workers and steps in the inside subnets, without public addresses", () => {
    const [, service] = ofType(inside, "AWS::ECS::Service")[0]!;
    const { AwsvpcConfiguration } = service["NetworkConfiguration"] as {
      AwsvpcConfiguration: { AssignPublicIp: string; Subnets: string[] };
    };
    assert.equal(AwsvpcConfiguration.AssignPublicIp, "DISABLED");
    assert.deepEqual(AwsvpcConfiguration.Subnets, ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]);
    const [, worker] = ofType(inside, "AWS::ECS::TaskDefinition")[0]!;
    assert.match(JSON.stringify(worker), /\\"assignPublicIp\\":false/);
    assert.doesNotMatch(JSON.stringify(worker), /\\"assignPublicIp\\":true/);
  });

  it("creates no gateway", () => {
    assert.equal(ofType(inside, "AWS::EC2::InternetGateway", "AWS::EC2::NatGateway").length, 0);
  });
});

describe("a region apart from the rest of AWS", () => {
  const region = process.env["CDK_DEFAULT_REGION"];
  afterAll(() => {
    if (region === undefined) delete process.env["CDK_DEFAULT_REGION"];
    else process.env["CDK_DEFAULT_REGION"] = region;
  });

  for (const one of ["cn-north-1", "us-gov-west-1"])
    it(`is refused before anything is deployed (${one})`, () => {
      process.env["CDK_DEFAULT_REGION"] = one;
      assert.throws(() => Deployed.synthesize({ mode: "trial" }), /cannot be deployed to AWS China, to GovCloud/);
    });

  it("is refused by CloudFormation where the CDK does not know the region", () => {
    const { Rules } = templateOf("defaults") as unknown as { Rules: { Partition: { Assertions: unknown[] } } };
    assert.match(JSON.stringify(Rules.Partition.Assertions), /AWS::Partition/);
  });
});

describe("a host", () => {
  it("is reached through Session Manager, with no key, no open port and no other right of that service", () => {
    const template = templateOf("hosts with GPUs, on demand and spot");
    for (const [id, { LaunchTemplateData }] of ofType(template, "AWS::EC2::LaunchTemplate")) {
      const { KeyName, UserData } = LaunchTemplateData as { KeyName?: string; UserData: unknown };
      assert.equal(KeyName, undefined, id);
      assert.match(JSON.stringify(UserData), /enable --now amazon-ssm-agent/, id);
    }
    const policies = ofType(template, "AWS::IAM::Policy", "AWS::IAM::Role").map((one) => JSON.stringify(one));
    const ssm = policies.flatMap((policy) => policy.match(/"ssm(messages)?:\w+"/g) ?? []);
    assert.equal(new Set(ssm).size, 5);
    assert.ok(!policies.some((policy) => policy.includes("AmazonSSMManagedInstanceCore")));
  });
});
