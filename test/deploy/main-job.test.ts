import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { ApiClient } from "../../client/api-client.ts";
import { requireDocker, testImage } from "../support/docker.ts";
import { agentImage, buildAgentImage } from "../support/ecs/agent-image.ts";
import { TestRegistry } from "../support/ecs/registry.ts";
import { TestEcs } from "../support/ecs/server.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { waitFor } from "../support/wait.ts";
import { Buckets } from "./buckets.ts";
import { startDatabase } from "./database.ts";
import { Cdk, deployPlatform, stackName } from "./deployment.ts";
import { startEmulator } from "./emulator.ts";
import { failAtTheEnd, makeNextRelease, nextMigration } from "./next-release.ts";
import { forwardStops, hurrySchedule } from "./task-events.ts";
import { type RunningWorker, WorkerService } from "./worker.ts";

const execute = promisify(execFile);
const closers: (() => unknown)[] = [];
const closing = <T>(value: T, close: (value: T) => unknown): T => {
  closers.push(() => close(value));
  return value;
};

describe("a deployment to an emulator of AWS", () => {
  let platform: Awaited<ReturnType<typeof start>>;
  let worker: RunningWorker | undefined;

  beforeAll(async () => {
    platform = await start();
  });
  afterAll(async () => {
    await worker?.stop();
    for (const close of closers.reverse()) await close();
  });

  it("has its database brought up to date on deploy, by functions that speak TLS to it", async () => {
    const roles = await platform.database.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname like 'benchstack%'",
    );
    assert.deepEqual(roles.map(({ rolname }) => rolname).sort(), [
      "benchstack_api",
      "benchstack_events",
      "benchstack_gateway",
      "benchstack_worker",
    ]);
  });

  it("scores a submission in tasks that its worker starts, once the scaler has asked for one", async () => {
    const { service, ecs, registry, workers } = platform;
    await waitFor(
      "the scaler to end the service's first worker",
      async () => (await workers.describe(service)).desired === 0,
      600_000,
    );
    let over = false;
    const ended = smoke().finally(() => (over = true));
    const woken = waitFor(
      "the scaler to ask for a worker",
      async () => {
        const { desired, definition } = await workers.describe(service);
        return over || (desired > 0 && definition);
      },
      900_000,
    );
    await Promise.all([
      ended,
      woken.then(async (definition) => {
        if (typeof definition === "string")
          worker = await workers.start(definition, { ecsUrl: ecs.url, registry: registry.host });
      }),
    ]);
  });

  it("ran programs in tasks of the deployed cluster, without a request that AWS would refuse", () => {
    const { ecs } = platform;
    assert.deepEqual(ecs.refused, []);
    // Two tasks of the competition, each with a step that runs nothing but scoring.
    assert.ok(ecs.tasks.length >= 2, String(ecs.tasks.length));
    for (const { definition, request } of ecs.tasks) {
      assert.equal(definition.taskRoleArn, undefined);
      assert.equal(request.cluster, platform.clusterArn);
      // Programs' images are our copies, by digest.
      const images = (definition.containerDefinitions ?? []).map(({ image = "" }) => image);
      assert.ok(
        images.some((image) => image.startsWith(`${platform.registry.host}/benchstack`) && image.includes("@sha256:")),
        images.join(),
      );
    }
  });

  it("is told why tasks stopped, by the cluster's events", async () => {
    const { database, ecs } = platform;
    const stopped = () =>
      database.query<{ n: number }>("select count(*)::int as n from launches where stopped is not null");
    await waitFor(
      "the stops to be kept",
      async () => ecs.tasks.length > 0 && (await stopped())[0]!.n === ecs.tasks.length,
      300_000,
    );
  });

  it("goes back by itself when an update fails after its migration, keeps its data, and works", async () => {
    const { cdk, folder, synthesized, configFile, database, buckets } = platform;
    const data = async () => ({
      rows: await database.query("select (select count(*) from users) users, (select count(*) from jobs) jobs"),
      secret: await platform.workers.secret(platform.adminSecret),
      buckets: await buckets.of(stackName),
    });
    const before = await data();
    await makeNextRelease(join(folder, "next"));
    const next = join(folder, "next.out");
    await cdk.synthesize(join(folder, "next"), configFile, next);
    const failing = join(folder, "failing.out");
    await cp(next, failing, { recursive: true });
    await failAtTheEnd(failing);
    await assert.rejects(cdk.deploy(failing, stackName), /failed to create: \[Refused\]/);
    assert.equal(await cdk.statusOf(stackName), "UPDATE_ROLLBACK_COMPLETE");
    assert.deepEqual(await database.query("select name from kysely_migration where name like '9%'"), [
      { name: nextMigration },
    ]);
    assert.deepEqual(await data(), before);
    await smoke();

    await cdk.deploy(next, stackName);
    await cdk.deploy(synthesized, stackName);
    assert.deepEqual((await data()).secret, before.secret);
    const { url, administrator } = platform;
    await new ApiClient(url).login(administrator.username!, administrator.password!);
  });

  it("is gone after cdk destroy, with the buckets and what was in them", async () => {
    const { buckets } = platform;
    await worker?.stop();
    platform.stopSchedule();
    assert.equal((await buckets.of(stackName)).length, 3);
    await buckets.tag(stackName);
    await platform.cdk.run(["destroy", "--app", platform.synthesized, "--force", stackName]);
    assert.deepEqual(await buckets.of(stackName), []);
  });

  /** Does the main job, as people do after a deploy. A worker must run. */
  async function smoke(): Promise<void> {
    const { url, administrator, image } = platform;
    const { stdout } = await execute(process.execPath, ["scripts/smoke.ts", url], {
      cwd: repository,
      env: {
        ...process.env,
        BENCHSTACK_PASSWORD: administrator.password,
        BENCHSTACK_IMAGE: image,
        BENCHSTACK_PATIENCE: "900",
      },
    }).catch(async (error: Error & { stdout: string; stderr: string }) => {
      const log = await readFile(platform.emulatorLog, "utf8");
      const errors = log
        .split("\n")
        .filter((line) => /ERROR|WARN/.test(line))
        .slice(-20)
        .join("\n");
      throw new Error(`${error.stdout}${error.stderr}\nworker:\n${worker?.log.slice(-4000)}\nemulator:\n${errors}`, {
        cause: error,
      });
    });
    assert.match(stdout, /The platform works\.\n$/);
  }
});

async function start() {
  await requireDocker();
  const folder = closing(await temporaryFolder(), (one) => one.remove());
  const image = buildAgentImage();
  const database = closing(await startDatabase(folder.path), (one) => one.stop());
  const registry = closing(await TestRegistry.start(), (one) => one.close());
  await image;
  const ecs = closing(await TestEcs.start(agentImage), (one) => one.close());
  const emulator = closing(
    await startEmulator({ publicAddress: ecs.address, folder: folder.path, certificate: database.certificate }),
    (one) => one.stop(),
  );
  const cdk = new Cdk(emulator, folder.path);
  const { outputs, configFile, synthesized } = await deployPlatform(cdk, { database, folder: folder.path });
  const workers = new WorkerService(emulator, outputs.Cluster!);
  const { service, clusterArn } = await workers.find();
  closing(await forwardStops(ecs, emulator, clusterArn), (stop) => stop());
  const stopSchedule = closing(await hurrySchedule(emulator), (stop) => stop());
  const administrator = await workers.secret(outputs.AdminSecret!);
  return {
    // Its own name resolves nowhere; the emulator has it under this path too.
    url: outputs.ApiUrl!.replace(
      /^http:\/\/(\w+)\.execute-api\.[^/]+$/,
      `${emulator.url}/_aws/execute-api/$1/$$default`,
    ),
    emulatorLog: join(folder.path, "emulator.log"),
    folder: folder.path,
    adminSecret: outputs.AdminSecret!,
    image: await registry.push(testImage, "python:3"),
    ...{ configFile, synthesized },
    stopSchedule,
    buckets: new Buckets(emulator),
    ...{ cdk, database, registry, ecs, workers, administrator, service, clusterArn },
  };
}
