import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { ConfigError } from "../../../worker-image/config-error.ts";
import { readConfig } from "../../../worker-image/config.ts";

const good = {
  BENCHSTACK_API_URL: "https://bench.example.org/",
  BENCHSTACK_WORKER_TOKEN: "secret-token",
  BENCHSTACK_WORKER_HOME: "/var/lib/worker",
};

describe("the worker's configuration", () => {
  it("takes what is given and fills in the rest", () => {
    assert.deepEqual(readConfig(good), {
      apiUrl: "https://bench.example.org",
      publicUrl: "https://bench.example.org",
      token: "secret-token",
      slots: 1,
      idleSeconds: null,
      home: "/var/lib/worker",
      launcher: "auto",
      imagePull: "missing",
      platformHome: null,
      cacheBytes: 10_000_000_000,
      reserveBytes: 1e9,
      maxImageBytes: 50_000_000_000,
      privateRegistries: [],
      dataFolder: null,
      ecs: null,
      loginKey: null,
    });
  });

  it("takes where tasks run, for the launcher ecs", () => {
    const ecs = {
      cluster: "arn:aws:ecs:us-east-1:000000000000:cluster/c",
      executionRoleArn: "arn:aws:iam::000000000000:role/r",
      agentImage: "example/worker:1",
      images: { repository: "1.dkr.ecr/images", privateRepository: "1.dkr.ecr/private", maxBytes: 20e9 },
      networks: { open: { subnets: ["subnet-1"], securityGroups: ["sg-1"], assignPublicIp: true } },
      profiles: { standard: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, capacity: "FARGATE" } },
    };
    const read = readConfig({ ...good, BENCHSTACK_LAUNCHER: "ecs", BENCHSTACK_ECS: JSON.stringify(ecs) });
    assert.deepEqual(read.ecs, ecs);
  });

  it("takes sizes as people write them", () => {
    const read = (size: string) => readConfig({ ...good, BENCHSTACK_IMAGE_CACHE: size }).maxImageBytes;
    assert.deepEqual(["0 GB", "1.5GB", "500 mb", "2TB"].map(read), [0, 1.5e9, 5e8, 2e12]);
  });

  it("takes a list of registries as it stands in the names of images", () => {
    const read = (list: string) => readConfig({ ...good, BENCHSTACK_PRIVATE_REGISTRIES: list }).privateRegistries;
    assert.deepEqual(read("registry.example.org, 10.0.0.5:5000\nlocalhost"), [
      "registry.example.org",
      "10.0.0.5:5000",
      "localhost",
    ]);
  });

  it("takes an empty variable as one that is not set", () => {
    const names = ["PUBLIC_URL", "WORKER_SLOTS", "LAUNCHER", "ECS", "LOGIN_KEY", "IMAGE_PULL", "IMAGE_CACHE"];
    const empty = [...names, "DATA_FOLDER", "CACHE_BYTES", "PRIVATE_REGISTRIES"].map((name) => [
      `BENCHSTACK_${name}`,
      "",
    ]);
    assert.deepEqual(readConfig({ ...good, ...Object.fromEntries(empty) }), readConfig(good));
  });

  const mistakes: [string, Record<string, string | undefined>, RegExp][] = [
    ["no address", { BENCHSTACK_API_URL: undefined }, /BENCHSTACK_API_URL must be the address/],
    ["an address that is none", { BENCHSTACK_API_URL: "bench" }, /BENCHSTACK_API_URL must be the address/],
    ["no token", { BENCHSTACK_WORKER_TOKEN: undefined }, /BENCHSTACK_WORKER_TOKEN must be/],
    ["an empty token", { BENCHSTACK_WORKER_TOKEN: "" }, /BENCHSTACK_WORKER_TOKEN must be/],
    [
      "a registry with a path",
      { BENCHSTACK_PRIVATE_REGISTRIES: "registry.example.org/team" },
      /BENCHSTACK_PRIVATE_REGISTRIES must be a list of registries/,
    ],
    ["no slots", { BENCHSTACK_WORKER_SLOTS: "0" }, /BENCHSTACK_WORKER_SLOTS must be a whole number from 1 to 1000/],
    ["half a slot", { BENCHSTACK_WORKER_SLOTS: "1.5" }, /BENCHSTACK_WORKER_SLOTS must be a whole number/],
    ["images without a unit", { BENCHSTACK_IMAGE_CACHE: "50" }, /BENCHSTACK_IMAGE_CACHE must be a size such as 50 GB/],
    ["slots in words", { BENCHSTACK_WORKER_SLOTS: "two" }, /BENCHSTACK_WORKER_SLOTS must be a whole number/],
    ["a relative home", { BENCHSTACK_WORKER_HOME: "worker" }, /BENCHSTACK_WORKER_HOME must be an absolute path/],
    [
      "a relative folder of data",
      { BENCHSTACK_DATA_FOLDER: "data" },
      /BENCHSTACK_DATA_FOLDER must be an absolute path/,
    ],
    [
      "a launcher there is not",
      { BENCHSTACK_LAUNCHER: "podman" },
      /BENCHSTACK_LAUNCHER must be auto, docker, sandbox or ecs/,
    ],
    ["tasks without a cluster", { BENCHSTACK_LAUNCHER: "ecs" }, /BENCHSTACK_ECS must say where tasks run/],
    ["a cluster that is no JSON", { BENCHSTACK_ECS: "x" }, /BENCHSTACK_ECS must be JSON/],
    ["a cluster that lacks all", { BENCHSTACK_ECS: "{}" }, /BENCHSTACK_ECS at cluster: .*at profiles/],
    ["a policy there is not", { BENCHSTACK_IMAGE_PULL: "never" }, /BENCHSTACK_IMAGE_PULL must be missing or always/],
  ];
  for (const [what, change, message] of mistakes) {
    it(`refuses ${what}, naming the variable`, () => {
      assert.throws(
        () => readConfig({ ...good, ...change }),
        (error: Error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }

  it("names every mistake at once, and no secret", () => {
    assert.throws(
      () => readConfig({ ...good, BENCHSTACK_API_URL: "x", BENCHSTACK_LAUNCHER: "y" }),
      ({ message }: Error) => /API_URL.*; .*LAUNCHER/.test(message) && !message.includes("secret-token"),
    );
  });
});
