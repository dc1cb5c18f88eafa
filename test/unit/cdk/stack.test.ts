import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterAll, describe, it } from "@jest/globals";
import { queueMetrics, serviceName } from "../../../lambdas/kernel/metrics.ts";
import { combinations } from "./fixtures/combinations.ts";
import { Deployed, type Resource } from "./fixtures/deployed.ts";

const mailFrom = "bench@example.org";
const production = Deployed.synthesize({ mode: "production", mailFrom });
const trial = Deployed.synthesize({ mode: "trial", mailFrom });
const withHosts = Deployed.synthesize(combinations["hosts with GPUs, on demand and spot"]!);
const open = Deployed.synthesize({ isolation: "open", allowNetwork: true });
afterAll(() => {
  production.remove();
  trial.remove();
  open.remove();
  withHosts.remove();
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
          assert.equal(resource.UpdateReplacePolicy, resource.DeletionPolicy.replace("ExceptOnCreate", ""), id);
        }
    });
  }

  const fate = (deployed: Deployed, type: string) =>
    new Set(deployed.ofType(type).map(([, { DeletionPolicy }]) => DeletionPolicy));

  it("outlives the stack in production, which CloudFormation does not delete", () => {
    assert.equal(production.isProtected, true);
    assert.equal(trial.isProtected, false);
    assert.deepEqual(fate(production, "AWS::RDS::DBInstance"), new Set(["Snapshot"]));
    // What a failed first deploy created is empty, and is deleted.
    for (const type of ["AWS::S3::Bucket", "AWS::ECR::Repository", "AWS::SecretsManager::Secret"])
      assert.deepEqual(fate(production, type), new Set(["RetainExceptOnCreate"]), type);
    assert.equal(production.ofType("Custom::S3AutoDeleteObjects").length, 0);
  });

  it("leaves nothing behind in a trial, full buckets included", () => {
    assert.deepEqual(fate(trial, "AWS::RDS::DBInstance"), new Set(["Delete"]));
    assert.deepEqual(fate(trial, "AWS::S3::Bucket"), new Set(["Delete"]));
    assert.equal(trial.ofType("Custom::S3AutoDeleteObjects").length, trial.ofType("AWS::S3::Bucket").length);
  });
});

describe("the deletion of a stack with hosts", () => {
  const resources = Object.entries(withHosts.resources);
  const idOf = (type: string, prefix = "") => withHosts.ofType(type).find(([id]) => id.startsWith(prefix))![0];
  /** Everything that a resource needs and that CloudFormation therefore deletes after it. */
  const deletedAfter = (id: string, seen = new Set<string>()): Set<string> => {
    const { Properties, DependsOn = [] } = withHosts.resources[id]!;
    const text = JSON.stringify([Properties, DependsOn]);
    for (const [other] of resources)
      if (!seen.has(other) && other !== id && text.includes(`"${other}"`)) deletedAfter(other, seen.add(other));
    return seen;
  };

  it("ends workers, then steps, then hosts, then their provider and its group, and then network and cluster", () => {
    const inOrder = [
      idOf("AWS::ECS::Service"),
      idOf("Custom::Database"),
      idOf("Custom::Hosts"),
      idOf("AWS::ECS::ClusterCapacityProviderAssociations"),
      idOf("AWS::ECS::CapacityProvider", "ComputeCapacitygpu7"),
      idOf("AWS::AutoScaling::AutoScalingGroup", "ComputeCapacitygpuHosts"),
      idOf("AWS::EC2::VPCGatewayAttachment", "Dark"),
    ];
    for (const [at, id] of inOrder.slice(1).entries())
      assert.ok(deletedAfter(inOrder[at]!).has(id), `${id} may be deleted before ${inOrder[at]}`);
    assert.ok(deletedAfter(inOrder[5]!).has(idOf("AWS::ECS::Cluster")));
  });

  it("may end the hosts of a provider that is no longer in the configuration, because its policy names none", () => {
    const [, { Properties }] = withHosts
      .ofType("AWS::IAM::Policy")
      .find(([id]) => id.startsWith("ComputeCapacityEndHosts"))!;
    const [{ Resource }] = statements(Properties["PolicyDocument"]).filter(({ Action }) =>
      String(Action).includes("UpdateAutoScalingGroup"),
    ) as [Statement];
    assert.match(JSON.stringify(Resource), /:autoScalingGroup:\*:autoScalingGroupName\/Benchstack-\*"/);
  });

  it("has the function that ends them, and its permissions, until they are ended", () => {
    const after = deletedAfter(idOf("Custom::Hosts"));
    assert.ok(after.has(idOf("AWS::Lambda::Function", "ComputeCapacityEndHosts")));
    assert.ok(after.has(idOf("AWS::IAM::Policy", "ComputeCapacityEndHosts")));
  });
});

describe("hosts", () => {
  const find = (type: string, prefix: string) =>
    withHosts.ofType(type).find(([id]) => id.startsWith(prefix))![1].Properties;
  const template = (name: string) =>
    find("AWS::EC2::LaunchTemplate", `ComputeCapacity${name}Template`)["LaunchTemplateData"] as {
      UserData: unknown;
      InstanceMarketOptions?: unknown;
    };

  it("on Spot get no more ECS tasks once AWS has said that it takes them back (R-164)", () => {
    const drains = (name: string) =>
      JSON.stringify(template(name).UserData).includes("ECS_ENABLE_SPOT_INSTANCE_DRAINING=true");
    assert.deepEqual([drains("gpuspot"), drains("gpu")], [true, false]);
  });

  it("are of whichever of several types AWS has, all of them on Spot", () => {
    const { MixedInstancesPolicy, LaunchTemplate } = find(
      "AWS::AutoScaling::AutoScalingGroup",
      "ComputeCapacitygpuspotHosts",
    ) as {
      LaunchTemplate?: unknown;
      MixedInstancesPolicy: {
        InstancesDistribution: Record<string, unknown>;
        LaunchTemplate: { Overrides: { InstanceType: string }[] };
      };
    };
    assert.equal(LaunchTemplate, undefined);
    // A template that asks for Spot itself is refused in such a group.
    assert.equal(template("gpuspot").InstanceMarketOptions, undefined);
    assert.deepEqual(MixedInstancesPolicy.InstancesDistribution, {
      OnDemandAllocationStrategy: "prioritized",
      OnDemandPercentageAboveBaseCapacity: 0,
      SpotAllocationStrategy: "price-capacity-optimized",
    });
    assert.deepEqual(
      MixedInstancesPolicy.LaunchTemplate.Overrides.map(({ InstanceType }) => InstanceType),
      ["g4dn.xlarge", "g5.xlarge", "g6.xlarge"],
    );
  });
});

describe("the end of a deploy", () => {
  const [, { Properties: finish, DependsOn = [] }] = production.ofType("Custom::Finish")[0]!;

  it("protects the database of production, which a failed first deploy has to delete, and nothing in a trial", () => {
    const [[database, { Properties }]] = production.ofType("AWS::RDS::DBInstance") as [[string, Resource]];
    assert.deepEqual(finish["protectedDatabase"], { Ref: database });
    assert.equal("DeletionProtection" in Properties, false);
    assert.equal(trial.ofType("Custom::Finish")[0]![1].Properties["protectedDatabase"], undefined);
  });

  it("sets the budget, which a template cannot do without failing in some accounts", () => {
    assert.equal(finish["budgetName"], "Benchstack-budget");
    assert.equal(finish["budgetUsd"], 100);
    assert.equal(production.ofType("AWS::Budgets::Budget").length, 0);
  });

  it("comes after everything that can fail", () => {
    const before = new Set(DependsOn);
    const others = Object.entries(production.resources).filter(
      ([id, { Type }]) => !before.has(id) && Type !== "Custom::Finish",
    );
    assert.deepEqual(
      others.map(([id]) => id),
      [],
    );
  });
});

describe("network", () => {
  it("has no NAT gateway", () => {
    assert.equal(production.ofType("AWS::EC2::NatGateway").length, 0);
  });

  it("routes nothing out of the inside subnets", () => {
    const tables = production
      .ofType("AWS::EC2::Route")
      .map(([, { Properties }]) => (Properties["RouteTableId"] as { Ref: string }).Ref);
    assert.equal(tables.length, 2, "the dark network has no route at all");
    for (const table of tables) assert.match(table, /public/);
  });

  it("gives no public address by itself", () => {
    for (const [id, { Properties }] of production.ofType("AWS::EC2::Subnet"))
      assert.notEqual(Properties["MapPublicIpOnLaunch"], true, id);
  });

  it("lets endpoints serve this account's principals at this deployment's resources only", () => {
    const endpoints = production.ofType("AWS::EC2::VPCEndpoint");
    assert.equal(endpoints.length, 5);
    for (const [id, { Properties }] of endpoints)
      for (const { Action, Resource, Condition } of statements(Properties["PolicyDocument"])) {
        if (JSON.stringify(Resource).includes("starport-layer-bucket")) {
          assert.equal(Action, "s3:GetObject", id);
          continue;
        }
        // Signing in to a registry takes no resource; whose registry it is, the pulls say.
        if (Action !== "ecr:GetAuthorizationToken") assert.notEqual(Resource, "*", id);
        assert.deepEqual(Condition?.StringEquals, { "aws:PrincipalAccount": { Ref: "AWS::AccountId" } }, id);
      }
  });

  for (const [isolation, deployed, count] of [
    ["dark", production, 3],
    ["open", open, 1],
  ] as const)
    it(`pays for ${count} interface endpoints in one zone (${isolation})`, () => {
      const interfaces = deployed
        .ofType("AWS::EC2::VPCEndpoint")
        .filter(([, { Properties }]) => Properties["VpcEndpointType"] === "Interface");
      assert.deepEqual(
        interfaces.map(([, { Properties }]) => (Properties["SubnetIds"] as unknown[]).length),
        Array(count).fill(1),
      );
    });

  it("tells whoever makes jobs whether programs may have a network (R-50)", () => {
    for (const [deployed, allowed] of [
      [production, "false"],
      [open, "true"],
    ] as const) {
      const environments = deployed
        .ofType("AWS::Lambda::Function")
        .map(
          ([, { Properties }]) =>
            (Properties["Environment"] as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {},
        )
        .filter((variables) => "DATABASE_URL" in variables);
      assert.ok(environments.length > 3);
      assert.deepEqual([...new Set(environments.map(({ ALLOW_NETWORK }) => ALLOW_NETWORK))], [allowed]);
    }
  });

  it("keeps dark steps to objects and images: by their group, the bucket and the names they can resolve", () => {
    const [, { Properties: group }] = production
      .ofType("AWS::EC2::SecurityGroup")
      .find(([id]) => id.startsWith("DarkSteps"))!;
    assert.equal(group["SecurityGroupIngress"], undefined);
    // One to nowhere: with none at all AWS would let the group send everywhere.
    assert.deepEqual(
      (group["SecurityGroupEgress"] as { CidrIp: string }[]).map(({ CidrIp }) => CidrIp),
      ["255.255.255.255/32"],
    );
    const egress = production
      .ofType("AWS::EC2::SecurityGroupEgress")
      .filter(([, { Properties }]) => JSON.stringify(Properties["GroupId"]).includes("DarkSteps"));
    for (const [id, { Properties }] of egress) {
      assert.equal(Properties["ToPort"], 443, id);
      assert.ok(Properties["DestinationPrefixListId"] ?? Properties["DestinationSecurityGroupId"], id);
    }
    assert.equal(egress.length, 3);
    const refusals = production
      .ofType("AWS::S3::BucketPolicy")
      .flatMap(([, { Properties }]) => statements(Properties["PolicyDocument"]))
      .filter(({ Condition }) => Condition?.StringEquals?.["aws:SourceVpce"] !== undefined);
    assert.deepEqual(
      refusals.map(({ Effect, Action }) => [Effect, Action]),
      [["Deny", "s3:PutObject"]],
    );
    const [, { Properties: rules }] = production.ofType("AWS::Route53Resolver::FirewallRuleGroup")[0]!;
    assert.deepEqual(
      (rules["FirewallRules"] as { Action: string }[]).map(({ Action }) => Action),
      ["ALLOW", "BLOCK"],
    );
  });

  it("lets workers out to the usual port of TLS only, and nobody in", () => {
    const [, { Properties: group }] = production
      .ofType("AWS::EC2::SecurityGroup")
      .find(([id]) => id.startsWith("NetworkWorkers"))!;
    const egress = group["SecurityGroupEgress"] as { IpProtocol: string; FromPort: number; ToPort: number }[];
    assert.deepEqual(
      egress.map(({ IpProtocol, FromPort, ToPort }) => [IpProtocol, FromPort, ToPort]),
      [["tcp", 443, 443]],
    );
    assert.equal(group["SecurityGroupIngress"], undefined);
  });

  it("uses no launch configuration, which new accounts cannot make", () => {
    assert.equal(production.ofType("AWS::AutoScaling::LaunchConfiguration").length, 0);
  });
});

describe("database", () => {
  const [, { Properties: database }] = production.ofType("AWS::RDS::DBInstance")[0]!;

  it("is private, encrypted, capped, and signed in to by IAM", () => {
    assert.equal(database["PubliclyAccessible"], false);
    assert.equal(database["StorageEncrypted"], true);
    assert.equal(database["EnableIAMDatabaseAuthentication"], true);
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
      ingress.map(([, { Properties }]) =>
        JSON.stringify(Properties["SourceSecurityGroupId"]).includes("NetworkFunctions"),
      ),
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
      return (Properties["CorsConfiguration"] as { CorsRules: { AllowedMethods: string[] }[] }).CorsRules.flatMap(
        (rule) => rule.AllowedMethods,
      );
    };
    assert.deepEqual(browserMethods("StorageUploads"), ["GET", "HEAD", "PUT", "POST"]);
    assert.deepEqual(browserMethods("StorageJobs"), ["GET", "HEAD"]);
  });
});

describe("queues", () => {
  const queues = production.ofType("AWS::SQS::Queue");
  const deadLetters = queues.filter(([id]) => id.includes("DeadLetters"));

  it("have dead letters kept longer than their own messages, but for doorbells, of which none is faulty (R-160)", () => {
    assert.equal(deadLetters.length * 2 + 1, queues.length);
    const [[, doorbells]] = production
      .ofType("AWS::SQS::Queue")
      .filter(([id]) => id.startsWith("QueuesDefaultQueue")) as [[string, Resource]];
    assert.equal(doorbells.Properties["RedrivePolicy"], undefined);
    for (const [id, { Properties }] of queues) {
      if (deadLetters.some(([other]) => other === id) || id.startsWith("QueuesDefaultQueue")) continue;
      const { deadLetterTargetArn } = Properties["RedrivePolicy"] as {
        deadLetterTargetArn: { "Fn::GetAtt": [string, string] };
      };
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

describe("monitoring", () => {
  const namespace = (
    production.ofType("AWS::Lambda::Function").find(([id]) => id.startsWith("EventsSweeper"))![1].Properties[
      "Environment"
    ] as {
      Variables: Record<string, unknown>;
    }
  ).Variables["METRICS_NAMESPACE"];

  it("has alarms on what the sweeper tells of the whole platform", () => {
    const told = production
      .ofType("AWS::CloudWatch::Alarm")
      .flatMap(([, { Properties }]) => (Properties["Namespace"] === namespace ? [Properties] : []));
    assert.deepEqual(
      told
        .map(({ MetricName, Dimensions, Threshold, TreatMissingData }) => [
          MetricName,
          Dimensions,
          Threshold,
          TreatMissingData,
        ])
        .sort(),
      [
        ["JobsWithoutCapacity", [{ Name: "service", Value: serviceName }], 1, "notBreaching"],
        ["OldestReadyJob", [{ Name: "service", Value: serviceName }], 900, "notBreaching"],
        ["QuarantinedJobs", [{ Name: "service", Value: serviceName }], 1, "notBreaching"],
        ["UnwellWorkers", [{ Name: "service", Value: serviceName }], 1, "notBreaching"],
      ],
    );
  });

  it("shows on the dashboard what it tells of every queue, of whatever name", () => {
    const dashboard = JSON.stringify(
      production.ofType("AWS::CloudWatch::Dashboard")[0]![1].Properties["DashboardBody"],
    ).replaceAll("\\", "");
    for (const metric of Object.values(queueMetrics)) {
      const search = `SEARCH('{"${String(namespace)}",Queue,service} MetricName="${metric}"', 'Maximum', 60)`;
      assert.ok(dashboard.includes(search), `${search} in ${dashboard}`);
    }
  });
});

describe("mail", () => {
  const sender = (deployed: Deployed) =>
    deployed.ofType("AWS::Lambda::Function").find(([, { Properties }]) => Properties["Description"] === "Sends mail");
  const variables = (deployed: Deployed, name: string) =>
    deployed
      .ofType("AWS::Lambda::Function")
      .filter(([, { Properties }]) => JSON.stringify(Properties["Environment"] ?? {}).includes(`"${name}"`));

  it("may come from the one address only, whose identity or whose domain's is asked for", () => {
    const [id] = sender(production)!;
    const sends = production
      .ofType("AWS::IAM::Policy")
      .flatMap(([policy, { Properties }]) =>
        statements(Properties["PolicyDocument"]).map((statement) => ({ policy, ...statement })),
      )
      .filter(({ Action }) => JSON.stringify(Action).includes("ses:"));
    assert.equal(sends.length, 1);
    const [{ policy, Action, Resource, Condition }] = sends as [(typeof sends)[0]];
    assert.match(policy, /^EventsMailSender/);
    assert.match(id, /^EventsMailSender/);
    assert.equal(Action, "ses:SendEmail");
    assert.deepEqual(Condition, { StringEquals: { "ses:FromAddress": mailFrom } });
    const names = (Resource as { "Fn::Join": [string, unknown[]] }[]).map(
      (one) => String(one["Fn::Join"][1].at(-1)).split("identity/")[1],
    );
    assert.deepEqual(names, [mailFrom, "example.org"]);
  });

  it("is sent outside the VPC, and written wherever the database is used", () => {
    assert.equal(sender(production)![1].Properties["VpcConfig"], undefined);
    assert.equal(variables(production, "MAIL_QUEUE").length, variables(production, "SCALING_QUEUE").length);
  });

  it("is not sent without an address that it comes from: no queue, no function, no role", () => {
    assert.equal(sender(open), undefined);
    assert.equal(variables(open, "MAIL_QUEUE").length, 0);
    assert.deepEqual(
      open.ofType("AWS::SQS::Queue").filter(([id]) => id.startsWith("QueuesMail")),
      [],
    );
    assert.doesNotMatch(JSON.stringify(open.ofType("AWS::IAM::Policy")), /ses:/);
  });
});
