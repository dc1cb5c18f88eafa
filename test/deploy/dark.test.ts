import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import {
  DescribeLaunchTemplateVersionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { repository, temporaryFolder } from "../support/files.ts";
import { Buckets } from "./buckets.ts";
import { startDatabase } from "./database.ts";
import { Cdk, deployPlatform, stackName } from "./deployment.ts";
import { account, region, startEmulator } from "./emulator.ts";

const closers: (() => unknown)[] = [];
const closing = <T>(value: T, close: (value: T) => unknown): T => {
  closers.push(() => close(value));
  return value;
};

const options = {
  isolation: "dark",
  workerImage: `${account}.dkr.ecr.${region}.amazonaws.com/worker:1`,
  profiles: { gpu: { cpu: 4096, memoryMiB: 14_000, diskGiB: 100, gpus: 1, capacity: "spot", fallback: "t4" } },
  capacityProviders: {
    t4: { instanceType: "g4dn.xlarge", max: 2 },
    spot: { instanceType: "g4dn.xlarge", max: 4, spot: true },
  },
} as const;

describe("a dark deployment with hosts to an emulator of AWS", () => {
  let platform: Awaited<ReturnType<typeof start>>;

  beforeAll(async () => {
    platform = await start();
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  it("has a network for steps whose subnets have no route out, and endpoints for S3 and ECR alone", async () => {
    const { ec2, darkVpc } = platform;
    const Filters = [{ Name: "vpc-id", Values: [darkVpc] }];
    const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
    const tasks = Subnets.filter(({ Tags = [] }) => Tags.some(({ Value = "" }) => /\/tasksSubnet\d$/.test(Value)));
    assert.equal(tasks.length, 2);
    for (const { SubnetId } of tasks) {
      const table = RouteTables.find(({ Associations = [] }) => Associations.some((one) => one.SubnetId === SubnetId));
      const out = (table?.Routes ?? []).filter(
        ({ GatewayId, NatGatewayId }) => NatGatewayId ?? /^igw-/.test(GatewayId ?? ""),
      );
      assert.deepEqual(out, []);
    }
    const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
    const services = VpcEndpoints.filter(({ VpcId }) => VpcId === darkVpc).map(({ ServiceName = "" }) =>
      ServiceName.split(".").slice(3).join("."),
    );
    assert.deepEqual(services.sort(), ["ecr.api", "ecr.dkr", "s3"]);
    // The default group allows nothing: CDK's own function took its rules away.
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const standard = SecurityGroups.find(({ GroupName }) => GroupName === "default");
    assert.deepEqual([standard?.IpPermissions, standard?.IpPermissionsEgress], [[], []]);
  });

  it("has groups of hosts that start none, with the options of its capacity providers", async () => {
    const groups = await platform.groups();
    assert.deepEqual(
      groups.map(({ MinSize, MaxSize, Instances }) => [MinSize, MaxSize, Instances?.length ?? 0]).sort(),
      [
        [0, 2, 0],
        [0, 4, 0],
      ],
    );
    for (const { LaunchTemplate } of groups) {
      const { LaunchTemplateVersions = [] } = await platform.ec2.send(
        new DescribeLaunchTemplateVersionsCommand({
          LaunchTemplateId: LaunchTemplate!.LaunchTemplateId!,
          Versions: ["$Latest"],
        }),
      );
      const data = LaunchTemplateVersions[0]!.LaunchTemplateData!;
      assert.equal(data.InstanceType, "g4dn.xlarge");
      assert.equal(data.MetadataOptions?.HttpTokens, "required");
      assert.match(Buffer.from(data.UserData!, "base64").toString(), /ECS_AWSVPC_BLOCK_IMDS=true/);
    }
  });

  it("serves the page and the API at one address", async () => {
    const { viewer, outputs, s3 } = platform;
    const object = { Bucket: outputs.AppBucket!, Key: "index.html", Body: "the page", ContentType: "text/html" };
    await s3.send(new PutObjectCommand(object));
    for (const path of ["/", "/competitions/1/anything"]) {
      const page = await viewer(path);
      assert.deepEqual([page.status, page.body], [200, "the page"], path);
    }
    for (const path of ["/api/competitions/", "/api/competitions"]) {
      const answer = await viewer(path);
      assert.equal(answer.status, 200, `${path}: ${answer.body}`);
      assert.deepEqual(JSON.parse(answer.body), []);
    }
    assert.equal((await viewer("/api/no/such/thing/")).status, 404);
  });

  it("ends the hosts of a capacity provider that is taken out, and keeps the others", async () => {
    const { cdk, folder, config } = platform;
    const { spot: _, ...capacityProviders } = options.capacityProviders;
    const profiles = { gpu: { ...options.profiles.gpu, capacity: "t4", fallback: undefined } };
    const configFile = join(folder, "fewer.config.json");
    await writeFile(configFile, JSON.stringify({ ...config, profiles, capacityProviders }));
    const output = join(folder, "fewer.out");
    await cdk.synthesize(repository, configFile, output);
    await cdk.deploy(output, stackName);
    assert.deepEqual(
      (await platform.groups()).map(({ MaxSize }) => MaxSize),
      [2],
    );
  });

  it("is gone after cdk destroy, with its hosts", async () => {
    const { cdk, folder, buckets } = platform;
    await buckets.tag(stackName);
    await cdk.run(["destroy", "--app", join(folder, "fewer.out"), "--force", stackName]);
    assert.deepEqual(await platform.groups(), []);
    assert.deepEqual(await buckets.of(stackName), []);
  });
});

async function start() {
  const { path: folder } = closing(await temporaryFolder(), (one) => one.remove());
  const database = closing(await startDatabase(folder), (one) => one.stop());
  const emulator = closing(
    await startEmulator({ publicAddress: "127.0.0.1", folder, certificate: database.certificate }),
    (one) => one.stop(),
  );
  const cdk = new Cdk(emulator, folder);
  const { outputs, config } = await deployPlatform(cdk, { database, folder }, options);
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const settings = { endpoint: emulator.url, region, credentials };
  const ec2 = new EC2Client(settings);
  const scaling = new AutoScalingClient(settings);
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  return {
    ...{ cdk, config, ec2, folder, outputs },
    buckets: new Buckets(emulator),
    darkVpc: Vpcs.find(({ CidrBlock }) => CidrBlock === "10.1.0.0/16")!.VpcId!,
    groups: async () => (await scaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups ?? [],
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    /** Requests a path at the address of the platform, which no resolver knows, as a browser does by TLS. */
    viewer: (path: string) =>
      get(emulator.port, path, { accept: "text/html", host: new URL(outputs.Url!).host, "x-forwarded-proto": "https" }),
  };
}

function get(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => (body += piece));
      answer.on("end", () => resolve({ status: answer.statusCode!, body }));
    })
      .on("error", reject)
      .end();
  });
}
