/** The calls of the engine AWS Batch, as the emulator that others wrote understands them. It runs no job: each ends at once. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { BatchClient, CreateComputeEnvironmentCommand, CreateJobQueueCommand } from "@aws-sdk/client-batch";
import { afterAll, beforeAll, it } from "@jest/globals";
import { compileSubmission, defaultLimits } from "../../lambdas/competitions/rules/compile-submission.ts";
import type { SignedObject, Step } from "../../contract/job.ts";
import { BatchBackend } from "../../worker-image/launchers/batch/backend.ts";
import { ecsConfigSchema } from "../../worker-image/launchers/ecs/config.ts";
import type { SeenPlacement } from "../../worker-image/launchers/placed/backend.ts";
import { jsonLog } from "../../worker-image/log.ts";
import { temporaryFolder } from "../support/files.ts";
import { account, region, startEmulator, type Emulator } from "./emulator.ts";

const queue = `arn:aws:batch:${region}:${account}:job-queue/shared`;
const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"], assignPublicIp: false };
const config = ecsConfigSchema.parse({
  cluster: `arn:aws:ecs:${region}:${account}:cluster/c`,
  executionRoleArn: `arn:aws:iam::${account}:role/r`,
  agentImage: "example/worker:1",
  images: { repository: "1.dkr.ecr/images", privateRepository: "1.dkr.ecr/private", maxBytes: 1e9 },
  networks: { open: network, dark: network },
  batch: { name: "Test", logGroup: "jobs", jobQueues: { [queue]: { platform: "FARGATE", network: false } } },
  profiles: { standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, capacity: queue } },
});
const profile = config.profiles.standard!;
const object = (key: string) => ({ bucket: "uploads" as const, key });
const [step] = compileSubmission({
  submission: object("s"),
  task: { scoringProgram: object("p"), ingestionProgram: null, inputData: null, referenceData: object("r") },
  ingestionOnlyDuringScoring: false,
  image: "python:3",
  timeLimitSeconds: 60,
  network: "none",
  limits: defaultLimits,
  detailedResults: true,
}).steps as unknown as Step<SignedObject>[];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let emulator: Emulator;
const lines: string[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  const certificate = "/etc/ssl/certs/ca-certificates.crt";
  emulator = await startEmulator({ publicAddress: "127.0.0.1", folder: folder.path, certificate });
  Object.assign(process.env, emulator.environment);
  const client = new BatchClient({});
  await client.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: "shared",
      type: "MANAGED",
      computeResources: { type: "FARGATE", maxvCpus: 4, subnets: ["subnet-1"], securityGroupIds: ["sg-1"] },
    }),
  );
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: "shared" }];
  await client.send(new CreateJobQueueCommand({ jobQueueName: "shared", priority: 1, computeEnvironmentOrder }));
});
afterAll(async () => {
  await emulator.stop();
  await folder.remove();
});

it("a step is defined, submitted once, seen until its end, and its definition is found again (R-186 to R-188)", async () => {
  const images = { withoutEntryPoint: () => Promise.resolve(`1.dkr.ecr/images@sha256:${"b".repeat(64)}`) };
  const start = () =>
    new BatchBackend({
      config: { ...config, batch: config.batch! },
      region,
      images,
      lookPauseMs: 20,
      log: jsonLog((line) => lines.push(line)),
    });
  const backend = start();
  const { signal } = new AbortController();
  const image = { pinned: `1.dkr.ecr/images@sha256:${"a".repeat(64)}`, entryPoint: [] };
  const define = (engine: BatchBackend) => engine.define(step!, image as never, profile, signal);
  const definition = await define(backend);

  const attempt = randomUUID();
  const request = backend.request({
    ...{ attempt, step: step!, number: 1, profile, capacity: queue, definition },
    orderUrl: "https://store.example/order",
  });
  const id = await backend.place(request, signal);
  assert.match(String(id), /^[0-9a-f-]{36}$/, lines.join(""));
  assert.equal(await backend.place(request, signal), id);

  const seen = await new Promise<SeenPlacement | "missing">((resolve) => {
    const end = backend.watch(id as string, (placement) => {
      if (placement === "missing" || placement.stopped === null) return;
      end();
      resolve(placement);
    });
  });
  assert.deepEqual([seen !== "missing" && seen.hasHost, await backend.containersOf(id as string)], [true, []]);
  // It has ended, so it neither waits nor runs.
  assert.deepEqual(await backend.status(), []);
  // Another worker finds the definition instead of registering it again.
  assert.equal(await define(start()), definition);
  assert.equal(await backend.removeUnused(), 0);
});
