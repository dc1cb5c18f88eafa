import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { promisify } from "node:util";
import { parseDeployment } from "../../../lib/deployment.ts";
import { requireDocker } from "../../support/docker.ts";
import { baseImages, buildAgentImage, nodeImage } from "../../support/ecs/agent-image.ts";
import { dataWith } from "../../support/ecs/pushed-image.ts";
import { TestRegistry } from "../../support/ecs/registry.ts";

const execute = promisify(execFile);
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

describe("a published worker image", () => {
  let registry: TestRegistry;
  let tag: string;
  let image: string;
  beforeAll(async () => {
    await requireDocker();
    await buildAgentImage();
    registry = await TestRegistry.start({ copyOf: await dataWith(nodeImage, "benchstack-worker:base") });
    tag = `${registry.host}/benchstack-worker:${version}`;
    const { stdout } = await execute("npm", [
      "run",
      "--silent",
      "publish:worker",
      "--",
      `${registry.host}/benchstack-worker`,
      ...baseImages,
    ]);
    image = stdout.trim();
  });
  afterAll(async () => {
    await execute("docker", ["rmi", "--force", image, tag]).catch(() => {});
    await registry.close();
  });

  it("is told by its digest, as a deployment's config takes it, and has the version for its tag", async () => {
    assert.match(image, new RegExp(`^${registry.host}/benchstack-worker@sha256:[0-9a-f]{64}$`));
    assert.equal(parseDeployment({ isolation: "open", workerImage: image }).workerImage, image);
    const headers = { accept: "application/vnd.docker.distribution.manifest.v2+json" };
    const tagged = await fetch(`http://${registry.host}/v2/benchstack-worker/manifests/${version}`, { headers });
    assert.equal(tagged.headers.get("docker-content-digest"), image.split("@")[1]);
  });

  it("says what it is and what it was made from", async () => {
    const { stdout } = await execute("docker", ["image", "inspect", "--format", "{{json .Config.Labels}}", image]);
    const labels = JSON.parse(stdout) as Record<string, string>;
    assert.equal(labels["org.opencontainers.image.title"], "benchstack-worker");
    assert.equal(labels["org.opencontainers.image.version"], version);
    assert.equal(labels["org.opencontainers.image.licenses"], "Apache-2.0");
    assert.match(labels["org.opencontainers.image.revision"] ?? "", /^[0-9a-f]{40}(-dirty)?$/);
  });

  it("is the worker, whoever pulls it", async () => {
    await execute("docker", ["rmi", image, tag]);
    await execute("docker", ["pull", "--quiet", image]);
    await assert.rejects(
      execute("docker", ["run", "--rm", image]),
      ({ stderr, stdout }: { stderr: string; stdout: string }) => {
        assert.match(stdout + stderr, /BENCHSTACK_API_URL/);
        return true;
      },
    );
  });

  it("is published nowhere unless it is said where", async () => {
    await assert.rejects(
      execute("npm", ["run", "--silent", "publish:worker"]),
      /Usage: npm run publish:worker -- REPOSITORY/,
    );
  });
});
