import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { sealingKeyOf, sealLogin } from "../../../contract/registry-login.ts";
import { testImage } from "../../support/docker.ts";
import { TestRegistry } from "../../support/ecs/registry.ts";
import { temporaryFolder } from "../../support/files.ts";
import { Front } from "../../support/images/front.ts";
import { login, passwords } from "../../support/images/lab.ts";
import { waitFor } from "../../support/wait.ts";
import { assertFailed, assertSucceeded } from "./assert-report.ts";
import { EcsLab } from "./ecs-lab.ts";
import { python, results } from "./lab.ts";
import type { Finished } from "./lab.ts";
import type { SeenJob } from "./stand-in.ts";

const execute = promisify(execFile);
const patienceMs = 100_000;
/** Says what the image's entry point set, and who runs it. */
const scoring = python(
  "import os\nprint(os.environ['ENTERED'], os.getuid())\nopen('/app/output/scores.json', 'w').write('{}')",
);

describe("images of tasks are imported", () => {
  let ecs: EcsLab;
  let front: Front;
  beforeAll(async () => {
    ecs = await EcsLab.start();
    front = await Front.start({ registry: ecs.registry.host, storage: ecs.registry.host });
  });
  afterAll(async () => {
    await ecs.close();
    await front.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, []);
  });

  /** Builds an image that only its registry has, and gives the name by which a competition calls it. */
  async function built(name: string): Promise<string> {
    const more = `RUN echo ${name} > /first\nRUN echo ${name} > /second\n`;
    const pushed = await ecs.registry.build(
      `FROM ${testImage}\n${more}USER 1234\nENTRYPOINT ["/usr/bin/env", "ENTERED=by-${name}"]\n`,
      name,
    );
    await execute("docker", ["rmi", pushed, `benchstack-test-built:${name}`]);
    return `${front.host}/${name}`;
  }

  const programImages = (job: SeenJob) =>
    ecs.ecs.tasks
      .filter(({ request: { startedBy = "" } }) => job.attempts.some(({ id }) => startedBy.startsWith(id)))
      .flatMap(({ definition }) =>
        (definition.containerDefinitions ?? []).filter(({ name }) => name === "program").map(({ image }) => image),
      );

  it("a job waits for it visibly, its task pulls our copy by digest, and the next job neither waits nor copies", async () => {
    const image = await built("entered");
    const worker = await ecs.worker();
    const submission = { image, submission: results, scoring };
    const first: Finished = await ecs.lab.run(submission, patienceMs);
    assertSucceeded(first);
    assert.equal(await ecs.lab.text(first.attempt, "scoring/program.stdout.log"), "by-entered 1234\n");
    assert.deepEqual(first.attempt.waiting, ["importing image"]);
    const imported = worker.lines.find(({ event }) => event === "image.imported");
    assert.equal(imported?.user, "1234");
    assert.deepEqual(imported.entryPoint, ["/usr/bin/env", "ENTERED=by-entered"]);
    assert.deepEqual([...new Set(programImages(first.job))], [`${ecs.imported}@${String(imported.digest)}`]);
    front.log.length = 0;
    const second: Finished = await ecs.lab.run(submission, patienceMs);
    assertSucceeded(second);
    assert.deepEqual(second.attempt.waiting, []);
    assert.deepEqual([...new Set(front.log)], ["HEAD /v2/entered/manifests/latest"]);
    await worker.end("SIGTERM");
  });

  it("a worker that is killed in the middle leaves the rest to the next one", async () => {
    const image = await built("interrupted");
    const { layers } = (await (
      await fetch(`http://${ecs.registry.host}/v2/interrupted/manifests/latest`, {
        headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" },
      })
    ).json()) as { layers: { digest: string }[] };
    const [kept, missing] = [layers.at(-2)!.digest, layers.at(-1)!.digest];
    front.faults.set(`storage /v2/interrupted/blobs/${missing}`, ["hang"]);
    const worker = await ecs.worker();
    const job = await ecs.lab.submit({ image, submission: results, scoring });
    const has = async (digest: string) =>
      (await fetch(`http://${ecs.registry.host}/v2/imported/blobs/${digest}`, { method: "HEAD" })).ok;
    await waitFor(
      "all but one layer to be here",
      async () => (await Promise.all(layers.slice(0, -1).map((layer) => has(layer.digest)))).every(Boolean),
      60_000,
    );
    await waitFor("the last to be asked for", () => front.blobs.some((line) => line.includes(missing)));
    await waitFor("the wait to be told", () => job.attempts[0]?.waiting.includes("importing image"));
    await worker.end("SIGKILL");
    assert.equal(await has(missing), false);
    front.log.length = 0;
    const next = await ecs.lab.readyWorker({
      launcher: "ecs",
      home: worker.home,
      environment: { BENCHSTACK_ECS: JSON.stringify(ecs.config()), ...ecs.environment },
    });
    assert.equal((await ecs.lab.report(job, patienceMs)).outcome, "succeeded");
    assert.ok(!front.blobs.some((line) => line.includes(kept)), "a layer that is here is not asked for");
    await next.end("SIGTERM");
  });

  it("a private one needs the login of its queue, which reaches the registry and nobody else", async () => {
    await built("secret");
    const folder = await temporaryFolder();
    const path = join(folder.path, "passwords");
    await writeFile(path, passwords);
    const auth = { htpasswd: { realm: "private", path } };
    const guarded = await TestRegistry.start({ auth, images: ecs.registry.folder });
    const worker = await ecs.worker();
    const submission = { image: `${guarded.host}/secret`, submission: results, scoring };
    const refused = await ecs.lab.run(submission, patienceMs);
    assertFailed(refused, "IMAGE_NOT_FOUND", "prediction", /asks for a login, .* store a login that may pull it/);

    const sealed = (host: string) =>
      sealLogin({ username: login.user, password: login.password }, host, sealingKeyOf(ecs.loginKey));
    ecs.lab.api.logins.set(guarded.host, sealed("ghcr.io"));
    const unread = await ecs.lab.run(submission, patienceMs);
    assertFailed(unread, "WORKER_ERROR", "prediction", /cannot read the login that the queue has for 127/);

    ecs.lab.api.logins.set(guarded.host, sealed(guarded.host));
    const finished = await ecs.lab.run(submission, patienceMs);
    assertSucceeded(finished);
    const images = programImages(finished.job);
    assert.ok(images.length > 0 && images.every((image) => image?.startsWith(`${ecs.importedPrivately}@sha256:`)));
    const seen = JSON.stringify([worker.lines, ecs.ecs.tasks, finished.attempt.launches, finished.attempt.report]);
    assert.ok(!seen.includes(login.password));
    await worker.end("SIGTERM");
    await guarded.close();
    await folder.remove();
  });

  it("one for another platform fails its job with what to do, before a task is started", async () => {
    const pushed = await ecs.registry.build("FROM scratch\nCOPY Dockerfile /\n", "arm");
    const source = `http://${ecs.registry.host}/v2/arm`;
    assert.ok(pushed);
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    const child = await fetch(`${source}/manifests/latest`, { headers: { accept: type } });
    const list = {
      schemaVersion: 2,
      mediaType: "application/vnd.docker.distribution.manifest.list.v2+json",
      manifests: [
        {
          mediaType: type,
          digest: child.headers.get("docker-content-digest"),
          size: Number(child.headers.get("content-length")),
          platform: { os: "linux", architecture: "arm64" },
        },
      ],
    };
    const put = await fetch(`${source}/manifests/list`, {
      method: "PUT",
      headers: { "content-type": list.mediaType },
      body: JSON.stringify(list),
    });
    assert.equal(put.status, 201);
    const worker = await ecs.worker();
    const finished = await ecs.lab.run({ image: `${front.host}/arm:list`, submission: results, scoring }, patienceMs);
    assertFailed(
      finished,
      "IMAGE_NOT_FOUND",
      "prediction",
      /is made for linux\/arm64, and programs run on linux\/amd64/,
    );
    assert.deepEqual(programImages(finished.job), []);
    await worker.end("SIGTERM");
  });
});
