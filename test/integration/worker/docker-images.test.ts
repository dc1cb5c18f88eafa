/** Images of an engine: private ones, refusals of registries, and how many the worker keeps. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import Docker from "dockerode";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import type { StepFailure } from "../../../worker-image/failure.ts";
import { ImageCache } from "../../../worker-image/launchers/docker/image-cache.ts";
import { Images } from "../../../worker-image/launchers/docker/image.ts";
import { RegistryCheck } from "../../../worker-image/launchers/docker/registry-check.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { requireDocker } from "../../support/docker.ts";
import { TestRegistry } from "../../support/ecs/registry.ts";
import { temporaryFolder } from "../../support/files.ts";
import { login, passwords } from "../../support/images/lab.ts";
import { makeImage, pushImage } from "../../support/images/made.ts";

const execute = promisify(execFile);
const engine = new Docker();
const layerBytes = 1_000_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let open: TestRegistry;
let guarded: TestRegistry;
const lines: { event: string; image?: string }[] = [];
const log = jsonLog((line) => lines.push(JSON.parse(line) as { event: string }));

beforeAll(async () => {
  await requireDocker();
  folder = await temporaryFolder();
  open = await TestRegistry.start();
  const file = join(folder.path, "passwords");
  await writeFile(file, passwords);
  guarded = await TestRegistry.start({ auth: { htpasswd: { realm: "test", path: file } }, images: open.folder });
});
afterAll(async () => {
  await guarded.close();
  await open.close();
  await folder.remove();
});
beforeEach(() => {
  lines.length = 0;
});

const pushed: string[] = [];
/** Pushes an image with one file of a megabyte, under a path of its own or a given one, and returns the path. */
async function pushSmall(path = `small/${randomUUID()}`): Promise<string> {
  const content = join(folder.path, "content");
  await writeFile(content, randomBytes(layerBytes));
  const tar = ["--create", "--directory", folder.path, "content"];
  const { stdout } = await execute("tar", tar, { encoding: "buffer", maxBuffer: 10 * layerBytes });
  await pushImage(open.host, path, "1", makeImage({ layers: [stdout] }));
  pushed.push(`${open.host}/${path}:1`, `${guarded.host}/${path}:1`);
  return path;
}
afterEach(async () => {
  for (const image of pushed.splice(0)) await execute("docker", ["rmi", "--force", image]);
});

const isHere = (image: string) =>
  engine
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );

async function imagesOf({ maxBytes = Infinity, pull = "missing" as "missing" | "always", file = randomUUID() } = {}) {
  const cache = await ImageCache.open(engine, { file: join(folder.path, file), maxBytes, log });
  return { cache, images: new Images(engine, pull, cache, new RegistryCheck(new Set([open.host, guarded.host]))) };
}

describe("an image of a registry that asks for a login", () => {
  const before = process.env.DOCKER_CONFIG;
  const path = process.env.PATH;
  /** Writes what `docker login` would have written. */
  async function loggedIn(config: object): Promise<void> {
    process.env.DOCKER_CONFIG = join(folder.path, randomUUID());
    await mkdir(process.env.DOCKER_CONFIG);
    await writeFile(join(process.env.DOCKER_CONFIG, "config.json"), JSON.stringify(config));
  }
  const encoded = (password: string) => Buffer.from(`${login.user}:${password}`).toString("base64");
  afterEach(() => {
    if (before === undefined) delete process.env.DOCKER_CONFIG;
    else process.env.DOCKER_CONFIG = before;
    process.env.PATH = path;
  });

  async function refusal(image: string): Promise<StepFailure> {
    const { images } = await imagesOf();
    const failure = await images.require(image, "attempt", log).then(
      () => null,
      (error: StepFailure) => error,
    );
    assert.ok(!lines.some(({ event }) => event === "image.retried"));
    return failure!;
  }

  it("is not pulled again and again without one: the failure names the image and says what to do (R-91)", async () => {
    await loggedIn({});
    const image = `${guarded.host}/${await pushSmall()}:1`;
    const { code, message } = await refusal(image);
    assert.equal(code, "IMAGE_NOT_FOUND");
    assert.match(message, /asks for a login, or has no such image\. Check the name/);
    assert.ok(message.includes(`with "docker login ${guarded.host}", as the user that runs the worker.`), message);
  });

  it("is told to refuse the login that there is", async () => {
    await loggedIn({ auths: { [guarded.host]: { auth: encoded("an old password") } } });
    const { code, message } = await refusal(`${guarded.host}/${await pushSmall()}:1`);
    assert.equal(code, "IMAGE_NOT_FOUND");
    assert.ok(message.includes(`This worker has a login for ${guarded.host}, which may have expired`), message);
  });

  it("is pulled with the login that docker login stored, by itself or with a helper", async () => {
    const { images } = await imagesOf();
    const pulled = async () => {
      const image = `${guarded.host}/${await pushSmall()}:1`;
      await images.require(image, "attempt", log);
      assert.ok(await isHere(image));
    };
    await loggedIn({ auths: { [`https://${guarded.host}/v1/`]: { auth: encoded(login.password) } } });
    await pulled();

    const helper = join(folder.path, "docker-credential-of-test");
    const answer = JSON.stringify({ ServerURL: "", Username: login.user, Secret: login.password });
    await writeFile(helper, `#!/bin/sh\n[ "$1 $(cat)" = "get ${guarded.host}" ] && echo '${answer}'\n`);
    await chmod(helper, 0o755);
    process.env.PATH = `${folder.path}:${path}`;
    await loggedIn({ credHelpers: { [guarded.host]: "of-test" }, credsStore: "missing" });
    await pulled();
  });

  it("is pulled without a login when that cannot be read", async () => {
    await loggedIn({ credsStore: "missing" });
    const { images } = await imagesOf();
    await images.require(`${open.host}/${await pushSmall()}:1`, "attempt", log);
    assert.deepEqual(
      lines.map(({ event }) => event),
      ["login.unread"],
    );
  });
});

describe("a registry that strangers name", () => {
  /** A server inside, which counts its connections and answers with what nobody outside should read. */
  async function inside(): Promise<{ host: string; connections: () => number; close: () => void }> {
    let connections = 0;
    const server = createServer((_, response) => {
      response
        .writeHead(500, { "content-type": "application/json" })
        .end('{"errors":[{"message":"secret of inside"}]}');
    });
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { host, connections: () => connections, close: () => server.close() };
  }
  const refusal = async (image: string, allowed: string[]): Promise<StepFailure> => {
    const cache = await ImageCache.open(engine, { file: join(folder.path, randomUUID()), maxBytes: Infinity, log });
    const images = new Images(engine, "missing", cache, new RegistryCheck(new Set(allowed)));
    return images.require(image, "attempt", log).then(
      () => assert.fail("it was pulled"),
      (error: StepFailure) => error,
    );
  };

  it("is not asked at an address inside, neither by the worker nor by its engine (R-133)", async () => {
    const { host, connections, close } = await inside();
    const { code, message } = await refusal(`${host}/team/image:1`, []);
    assert.equal(code, "IMAGE_NOT_FOUND");
    assert.match(message, /at an address that is not public/);
    assert.equal(connections(), 0);
    close();
  });

  it("tells people nothing of what it answers; the log has it (R-131)", async () => {
    const { host, connections, close } = await inside();
    const failure = await refusal(`${host}/team/image:1`, [host]);
    assert.ok(connections() > 0);
    assert.equal(failure.code, "IMAGE_PULL");
    assert.equal(failure.message, `The image ${host}/team/image:1 could not be pulled: its registry fails.`);
    assert.match((failure.cause as Error).message, /secret of inside|500/);
    close();
  });
});

describe("the images that a worker keeps", () => {
  const room = { maxBytes: 2.5 * layerBytes };
  const removed = () => lines.flatMap(({ event, image }) => (event === "image.removed" ? [image] : []));
  const newImage = async () => `${open.host}/${await pushSmall()}:1`;
  /** Uses images one after the other, each in an attempt that has ended. */
  async function used({ images, cache }: Awaited<ReturnType<typeof imagesOf>>, ...names: string[]): Promise<void> {
    for (const name of names) {
      await images.require(name, name, log);
      await cache.release(name);
    }
  }

  it("are within their size: those that were used least recently go first, also after a restart (R-92)", async () => {
    const [a, b, c, d] = [await newImage(), await newImage(), await newImage(), await newImage()];
    const settings = { ...room, file: randomUUID() };
    await used(await imagesOf(settings), a, b, a, c);
    assert.deepEqual(removed(), [b]);
    assert.deepEqual(await Promise.all([a, b, c].map(isHere)), [true, false, true]);
    await used(await imagesOf(settings), d);
    assert.deepEqual(removed(), [b, a]);
    await imagesOf({ ...settings, maxBytes: 0 });
    assert.deepEqual(await Promise.all([a, b, c, d].map(isHere)), [false, false, false, false]);
  });

  it("stay while an attempt or a container uses them", async () => {
    const worker = await imagesOf({ maxBytes: 0 });
    const [a, b] = [await newImage(), await newImage()];
    await worker.images.require(a, "attempt", log);
    await used(worker, b);
    assert.deepEqual(await Promise.all([a, b].map(isHere)), [true, false]);
    const container = await engine.createContainer({ Image: a, Cmd: ["/content"] });
    await worker.cache.release("attempt");
    assert.ok(await isHere(a));
    await container.remove();
    await used(worker, b);
    assert.deepEqual(removed(), [b, a, b]);
  });

  it("are only those that it pulled itself, and that are still the same", async () => {
    const worker = await imagesOf({ maxBytes: 0 });
    const theirs = await newImage();
    await execute("docker", ["pull", "--quiet", theirs]);
    await used(worker, theirs);
    const [a, b] = [await newImage(), await newImage()];
    await worker.images.require(a, "attempt", log);
    await execute("docker", ["tag", theirs, a]);
    await worker.cache.release("attempt");
    await used(worker, b);
    assert.deepEqual(removed(), [b]);
    assert.deepEqual(await Promise.all([theirs, a].map(isHere)), [true, true]);
  });

  it("do not pile up when a name moves to a newer image", async () => {
    const worker = await imagesOf({ pull: "always" });
    const image = await newImage();
    await used(worker, image);
    const { Id: before } = await engine.getImage(image).inspect();
    await pushSmall(image.slice(open.host.length + 1, -2));
    await used(worker, image);
    assert.notEqual((await engine.getImage(image).inspect()).Id, before);
    assert.ok(!(await isHere(before)));
  });
});
