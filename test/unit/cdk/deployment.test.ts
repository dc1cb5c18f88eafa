import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { optionsTable } from "../../../lib/options-table.ts";
import { parseDeployment, readDeployment } from "../../../lib/deployment.ts";
import { combinations } from "./fixtures/combinations.ts";

describe("the deployment's config", () => {
  it("has a default for everything: it keeps data and runs steps dark", () => {
    assert.deepEqual(parseDeployment({}), {
      name: "Benchstack",
      mode: "production",
      isolation: "dark",
      allowNetwork: false,
      signUp: "open",
      signUpDomains: [],
      passwordSignIn: true,
      identityProviders: {},
      identitySecretArn: null,
      freeTries: {
        logIn: 5,
        logInKnown: 30,
        logInAccount: 50,
        logInAddress: 100,
        secondFactor: 5,
        signUp: 100,
        reset: 20,
        forumPost: 20,
        picture: 60,
        unsizedUpload: 50,
        passkey: 300,
      },
      storageQuotaGigabytes: 15,
      worksheets: {
        ...{ protectedMode: false, asciiOnly: false, timeQuotaSeconds: 31_536_000, parallelRuns: 3, gatewayTasks: 0 },
        canaryMinutes: null,
        ...{ image: "codalab/default-cpu:latest", gpuImage: "codalab/default-gpu:latest" },
      },
      deletionGraceDays: 14,
      maxStepSeconds: 600,
      workerImage: null,
      organizerImage: null,
      workers: { max: 2, slots: 20, ownFunctions: false },
      database: { instanceType: "t4g.micro", multiAz: false, storageGiB: 20, maxStorageGiB: 100 },
      backupDays: null,
      webLogDays: null,
      webAclArn: null,
      profiles: { standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, capacity: "FARGATE", users: null } },
      capacityProviders: {},
      jobQueues: {},
      images: { maxGB: 20 },
      hostOffer: null,
      budgetUsd: 100,
      mail: null,
      mailFrom: null,
      domain: null,
      existingVpc: null,
      existingDatabase: null,
      permissionsBoundary: null,
      bootstrapQualifier: null,
      tags: {},
    });
  });

  for (const [name, config] of Object.entries(combinations)) it(`takes ${name}`, () => void parseDeployment(config));

  it("adds profiles to the standard one, or changes it", () => {
    const small = { cpu: 256, memoryMiB: 512, diskGiB: 21, capacity: "FARGATE_SPOT", fallback: "FARGATE" };
    assert.deepEqual(Object.keys(parseDeployment({ profiles: { small } }).profiles), ["standard", "small"]);
    assert.equal(parseDeployment({ profiles: { standard: small } }).profiles["standard"]?.cpu, 256);
  });

  const gpu = { cpu: 4096, memoryMiB: 14_000, diskGiB: 50, gpus: 1, capacity: "gpu" };
  const refused: [what: string, config: unknown, sentence: RegExp][] = [
    ["a mode it does not know, and says which there are", { mode: "trail" }, /one of: production, trial/],
    ["a name CloudFormation would", { name: "my stack" }, /letters, digits and hyphens/],
    ["an option it does not have", { isolated: true }, /isolated/],
    [
      "a size Fargate has not",
      { profiles: { standard: { ...gpu, gpus: 0, capacity: "FARGATE" } } },
      /no ECS tasks with 4096 CPU units and 14000 MiB/,
    ],
    [
      "a standard profile that is not everybody's",
      { profiles: { standard: { cpu: 256, memoryMiB: 512, diskGiB: 21, capacity: "FARGATE", users: ["ada"] } } },
      /everybody may use this profile/,
    ],
    ["a capacity provider nobody made", { profiles: { gpu } }, /names the capacity provider "gpu"/],
    [
      "hosts that no profile uses",
      { capacityProviders: { gpu: { instanceType: "g4dn.xlarge", max: 1 } } },
      /not used by any profile/,
    ],
    [
      "hosts without the dark network",
      { isolation: "open", profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g4dn.xlarge", max: 1 } } },
      /needs isolation "dark"/,
    ],
    [
      "more hosts at least than at most",
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g4dn.xlarge", min: 2, max: 1 } } },
      /min that is greater than its max/,
    ],
    [
      "hosts with Arm processors",
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g5g.xlarge", max: 1 } } },
      /Arm processors: images of competitions are for amd64/,
    ],
    [
      "GPUs on hosts that have none",
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "m7i.large", max: 1 } } },
      /can never run on the hosts of "gpu": each of its steps needs hosts with NVIDIA GPUs, and m7i\.large has none/,
    ],
    [
      "GPUs on hosts that have another maker's",
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g4ad.xlarge", max: 1 } } },
      /needs hosts with NVIDIA GPUs, and g4ad\.xlarge has none/,
    ],
    ...(
      [
        [{ gpus: 8 }, "g5.xlarge", /each of its steps needs 8 GPUs, and g5\.xlarge has 1/],
        [{ cpu: 16_384 }, "g5.xlarge", /needs 16 vCPUs, and g5\.xlarge has 4/],
        [{ memoryMiB: 16_000 }, "g5.xlarge", /needs 16000 MiB.*ECS can use 15800 of the 16384 MiB of g5\.xlarge/],
        [{ gpus: 0, memoryMiB: 8000 }, "c6i.xlarge", /ECS can use 7772 of the 8192 MiB of c6i\.xlarge/],
        [{ diskGiB: 150 }, "g5.xlarge", /is more than the 100 GiB of the disks of "gpu"/],
      ] as const
    ).map(([change, instanceType, sentence]): [string, unknown, RegExp] => [
      `a profile that ${instanceType} can never run: ${JSON.stringify(change)}`,
      { profiles: { gpu: { ...gpu, ...change } }, capacityProviders: { gpu: { instanceType, max: 1 } } },
      sentence,
    ]),
    [
      "a fallback that can never run a profile",
      {
        profiles: { gpu: { ...gpu, gpus: 4, fallback: "small" } },
        capacityProviders: {
          gpu: { instanceType: "g5.12xlarge", max: 1 },
          small: { instanceType: "g5.xlarge", max: 1 },
        },
      },
      /hosts of "small": each of its steps needs 4 GPUs/,
    ],
    ...(
      [
        ["a public one of EC2", {}, { platform: "EC2" }, /must name people whom you trust/],
        ["too few CPUs", { cpu: 1024, users: ["ada"] }, { platform: "EC2" }, /must be 4096 or more in steps of 1024/],
        ["GPUs of Fargate", { gpus: 1 }, {}, /has GPUs, which job queues of FARGATE do not have/],
        ["a size that Fargate does not have", { memoryMiB: 15_000 }, {}, /is not a size that Fargate offers/],
        ["one with the internet", {}, { network: true }, /must be false with isolation "dark"/],
        ["another account's name", {}, { arn: "gpu" }, /must be an ARN such as arn:aws:batch:/],
        ["a fallback to ECS", { fallback: "nowhere" }, {}, /needs a fallback that is a job queue too/],
        ["no profile", { capacity: "FARGATE" }, {}, /is not used by any profile/],
      ] as const
    ).map(([what, profile, queue, sentence]): [string, unknown, RegExp] => [
      `a job queue of AWS Batch with ${what}`,
      {
        profiles: { batch: { cpu: 4096, memoryMiB: 16_384, diskGiB: 21, gpus: 0, capacity: "lab", ...profile } },
        jobQueues: {
          lab: {
            arn: "arn:aws:batch:eu-central-1:123456789012:job-queue/lab",
            platform: "FARGATE",
            network: false,
            ...queue,
          },
        },
      },
      sentence,
    ]),
    [
      "an instance type that it does not know",
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g99.xlarge", max: 1 } } },
      /not in the table of lib\/instance-types\.ts/,
    ],
    ...(
      [
        [["g5.2xlarge", "g5.2xlarge"], /otherInstanceTypes|names an instance type twice/],
        [["g5g.xlarge"], /Arm processors/],
        [["m7i.xlarge"], /must all have NVIDIA GPUs or none/],
        [["g99.xlarge"], /not in the table/],
      ] as const
    ).map(([otherInstanceTypes, sentence]): [string, unknown, RegExp] => [
      `hosts of other types that do not do: ${otherInstanceTypes.join(", ")}`,
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g4dn.xlarge", otherInstanceTypes, max: 1 } } },
      sentence,
    ]),
    [
      "a profile that fits on the first instance type only",
      {
        profiles: { gpu: { ...gpu, gpus: 4 } },
        capacityProviders: { gpu: { instanceType: "g5.12xlarge", otherInstanceTypes: ["g5.xlarge"], max: 1 } },
      },
      /needs 4 GPUs, and g5\.xlarge has 1/,
    ],
    [
      "an existing VPC that does not say whether it has endpoints",
      { existingVpc: { ...combinations["what exists"]!.existingVpc, hasEndpoints: undefined } },
      /hasEndpoints/,
    ],
    [
      "hosts without a limit",
      { profiles: { gpu }, capacityProviders: { gpu: { instanceType: "g4dn.xlarge" } } },
      /capacityProviders\.gpu\.max/,
    ],
    [
      "a capacity provider name that ECS keeps to itself",
      { capacityProviders: { "aws-gpu": { instanceType: "g4dn.xlarge", max: 1 } } },
      /does not start with aws, ecs or fargate/,
    ],
    [
      "profiles of Fargate and hosts in one",
      { profiles: { mixed: { ...gpu, fallback: "FARGATE" } } },
      /must both be Fargate's, or both be EC2/,
    ],
    [
      "an image dark tasks cannot pull",
      { workerImage: "ghcr.io/example/worker:1" },
      /must be in a private ECR repository/,
    ],
    ["a worker image that is none", { isolation: "open", workerImage: "not an image" }, /must be the name of an image/],
    [
      "an image on a port that workers do not reach",
      { isolation: "open", workerImage: "registry.example.org:5000/worker:1" },
      /must be in a registry on port 443/,
    ],
    [
      "a database in nobody's network",
      { existingDatabase: combinations["what exists"]!.existingDatabase },
      /needs existingVpc/,
    ],
    [
      "subnets that do not match their zones",
      {
        existingVpc: {
          ...combinations["what exists"]!.existingVpc,
          publicSubnetIds: ["subnet-1", "subnet-2", "subnet-3"],
        },
      },
      /one entry for each of the availabilityZones/,
    ],
    [
      "a certificate CloudFront cannot use",
      { domain: { name: "bench.example.org", certificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/1" } },
      /us-east-1/,
    ],
    ...(
      [
        [{ instanceType: "db.t4g.small" }, /database\.instanceType/],
        [{ instanceType: "g5.xlarge" }, /must be an instance type of RDS/],
        [{ storageGiB: 95 }, /database\.maxStorageGiB/],
        [{ storageGiB: 10 }, /database\.storageGiB/],
      ] as const
    ).map(([database, sentence]): [string, unknown, RegExp] => [
      `a database that RDS has not: ${JSON.stringify(database)}`,
      { database },
      sentence,
    ]),
    [
      "the size of a database that exists",
      { ...combinations["what exists"], database: { multiAz: true } },
      /leave it out, or leave existingDatabase out/,
    ],
    ["backups that RDS does not keep", { backupDays: 36 }, /backupDays/],
    [
      "a firewall that CloudFront cannot use",
      { webAclArn: "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/bench/1" },
      /of the scope CLOUDFRONT/,
    ],
    ["an image for organizers that is none", { organizerImage: "not an image" }, /must be the name of an image/],
    [
      "a resource of AWS China",
      { permissionsBoundary: "arn:aws-cn:iam::123456789012:policy/boundary" },
      /must be an ARN such as arn:aws:iam/,
    ],
    [
      "hosts where there is no internet gateway",
      {
        ...combinations["no internet gateway"],
        profiles: { gpu },
        capacityProviders: { gpu: { instanceType: "g4dn.xlarge", max: 1 } },
      },
      /needs an internet gateway/,
    ],
    [
      "a step that could begin beside another one that is stopping",
      {
        profiles: { gpu: { ...gpu, gpus: 0, memoryMiB: 8192 } },
        capacityProviders: { gpu: { instanceType: "m7i.xlarge", max: 1 } },
      },
      /must be at least 8193, more than half of a host of "gpu"/,
    ],
    ["a mail address that is none", { mail: "nobody" }, /mail/],
    ["a sender that is more than an address", { mailFrom: "Bench <bench@example.org>" }, /mailFrom/],
  ];
  for (const [what, config, sentence] of refused)
    it(`refuses ${what}`, () => void assert.throws(() => parseDeployment(config), sentence));

  it("is read from a file, and says which one is not JSON", () => {
    const folder = mkdtempSync(join(tmpdir(), "benchstack-config-"));
    try {
      const file = join(folder, "trial.json");
      writeFileSync(file, '{"mode": "trial"}');
      assert.equal(readDeployment(file).mode, "trial");
      writeFileSync(file, "mode: trial");
      assert.throws(() => readDeployment(file), /trial\.json is not valid JSON/);
      assert.throws(() => readDeployment(join(folder, "missing.json")), /cannot be read.*missing\.json/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has all its options in docs/deploy.md", () => {
    const [, table] = /<!-- options -->\n([^]*?)<!-- \/options -->/.exec(readFileSync("docs/deploy.md", "utf8")) ?? [];
    assert.equal(
      table?.trim(),
      optionsTable().trim(),
      "run `npm run options` and put what it prints between the marks",
    );
  });
});
