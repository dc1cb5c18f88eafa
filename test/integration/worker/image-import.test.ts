import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { StepFailure } from "../../../worker-image/failure.ts";
import { ImageLab, Use } from "../../support/images/lab.ts";
import { digestOf, makeImage, pushImage, pushIndex } from "../../support/images/made.ts";
import type { MadeImage } from "../../support/images/made.ts";
import { waitFor } from "../../support/wait.ts";

let lab: ImageLab;
beforeAll(async () => {
  lab = await ImageLab.start();
});
afterAll(() => lab.close());

/** Pushes an image under a name of its own; `name` is how a competition calls it, and `path` where it is. */
async function pushed(image: MadeImage, tag = "1") {
  const path = `made/${randomUUID()}`;
  await pushImage(lab.source.host, path, tag, image);
  return { path, name: `${lab.front.host}/${path}:${tag}` };
}

const newRepository = () => `imported/${randomUUID()}`;
/** Lines of the front's log about a path. */
const about = (path: string) => lab.front.log.filter((line) => line.includes(path));

async function failure(use: Use): Promise<StepFailure> {
  const error = await use.done.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StepFailure, String(error));
  return error;
}

/** Checks that our registry has every byte of an image. */
async function assertCopied(repository: string, { layers, config, manifest, digest }: MadeImage): Promise<void> {
  const bytes = async (path: string) => Buffer.from(await (await lab.ask(`${repository}/${path}`)).arrayBuffer());
  assert.deepEqual(await bytes(`manifests/${digest}`), manifest);
  for (const blob of [...layers, config])
    assert.equal(digestOf(await bytes(`blobs/${digestOf(blob)}`)), digestOf(blob));
}

async function tags(repository: string): Promise<string[]> {
  const answer = await lab.ask(`${repository}/tags/list`);
  return answer.ok ? (((await answer.json()) as { tags: string[] | null }).tags ?? []) : [];
}

describe("an image that is not here yet", () => {
  it("is copied whole from behind tokens and redirects, and told of", async () => {
    const image = makeImage({ entryPoint: ["/entry", "-x"], user: "1000:1000" });
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const use = new Use(lab.importer(repository), name);
    const bytes = [...image.layers, image.config].reduce((sum, { length }) => sum + length, 0);
    const facts = {
      pinned: `${lab.ours.host}/${repository}@${image.digest}`,
      digest: image.digest,
      user: "1000:1000",
      architecture: "amd64",
      bytes,
    };
    assert.deepEqual(await use.done, { ...facts, entryPoint: ["/entry", "-x"] });
    await assertCopied(repository, image);
    assert.deepEqual(use.waiting, ["importing image"]);
    assert.deepEqual(
      use.lines.map(({ level, event, digest, bytes: size }) => ({ level, event, digest, size })),
      [{ level: "info", event: "image.imported", digest: image.digest, size: bytes }],
    );
    assert.ok(lab.tokens.asked.includes(`repository:${path}:pull`));
    // Each layer once, the configuration twice: to be looked at before anything is copied, and to be copied.
    assert.equal(about(path).filter((line) => line.startsWith("storage ")).length, image.layers.length + 2);
  });

  it("is the one for linux/amd64 where there are several", async () => {
    const [ours, other] = [makeImage(), makeImage({ architecture: "arm64" })];
    const [repository, { path }] = [newRepository(), await pushed(ours)];
    await pushImage(lab.source.host, path, "arm", other);
    const index = await pushIndex(lab.source.host, path, "all", [
      ["arm64", other],
      ["amd64", ours],
    ]);
    const importer = lab.importer(repository);
    assert.equal((await new Use(importer, `${lab.front.host}/${path}:all`).done).digest, ours.digest);
    assert.equal((await new Use(importer, `${lab.front.host}/${path}@${index}`).done).digest, ours.digest);
    assert.equal((await lab.ask(`${repository}/manifests/${other.digest}`)).status, 404);
  });

  it("is told to be for another platform, by the platforms it has", async () => {
    const other = makeImage({ architecture: "arm64" });
    const { path, name } = await pushed(other);
    await pushIndex(lab.source.host, path, "all", [["arm64", other]]);
    for (const reference of [name, `${lab.front.host}/${path}:all`]) {
      const { code, message } = await failure(new Use(lab.importer(newRepository()), reference));
      assert.equal(code, "IMAGE_NOT_FOUND");
      assert.match(message, /is made for linux\/arm64, and programs run on linux\/amd64\. Build and push it for that/);
    }
    assert.ok(
      !about(path).some((line) => other.layers.some((layer) => line.includes(digestOf(layer)))),
      "no layer was asked for",
    );
  });

  it("is told to be nowhere, or nobody's to pull, by its name", async () => {
    await pushImage(lab.source.host, "private/image", "1", makeImage());
    for (const [name, why] of [
      ["made/none:1", "was not found: its registry answered HTTP 404. Check the name"],
      ["private/image:1", "its registry asks for a login, or has no such image (HTTP 401). Check the name, and make"],
    ] as const) {
      const { code, message } = await failure(new Use(lab.importer(newRepository()), `${lab.front.host}/${name}`));
      assert.equal(code, "IMAGE_NOT_FOUND");
      assert.ok(message.startsWith(`The image ${lab.front.host}/${name} `) && message.includes(why), message);
    }
    for (const status of [400, 403]) {
      const { path, name } = await pushed(makeImage());
      lab.front.faults.set(`HEAD /v2/${path}/`, [{ status }]);
      assert.equal((await failure(new Use(lab.importer(newRepository()), name))).code, "IMAGE_NOT_FOUND");
    }
    for (const [name, why] of [
      ["not an image", "this is not a valid image name"],
      ["registry.example.org:5000/a", "its registry must use port 443"],
    ] as const) {
      const { code, message } = await failure(new Use(lab.importer(newRepository()), name));
      assert.equal(code, "IMAGE_NOT_FOUND");
      assert.ok(message.includes(why), message);
    }
  });

  it("is refused when it is too large, before a layer is asked for", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const { code, message } = await failure(new Use(lab.importer(repository, { maxBytes: 200_000 }), name));
    assert.equal(code, "IMAGE_TOO_LARGE");
    assert.match(message, /has 370\.\d+ KB, but this platform accepts at most 200 KB/);
    assert.deepEqual(
      about(path).filter((line) => line.startsWith("storage ")),
      [],
    );
    assert.deepEqual(await tags(repository), []);
  });

  it("is not to be had where neither registry nor an earlier copy is", async () => {
    const { code } = await failure(new Use(lab.importer(newRepository()), "127.0.0.1:1/image:1"));
    assert.equal(code, "IMAGE_PULL");
  });

  it("has its registry's errors told by their number, and none of the registry's words", async () => {
    const { name, path } = await pushed(makeImage());
    lab.front.faults.set(`HEAD /v2/${path}/`, [{ status: 418 }, { status: 418 }]);
    lab.front.faults.set(`GET /v2/${path}/`, [{ status: 418, body: '{"detail": "a secret of the inside"}' }]);
    const pinned = `${name.replace(/:1$/, "")}@sha256:${"0".repeat(64)}`;
    const { code, message } = await failure(new Use(lab.importer(newRepository()), pinned));
    assert.deepEqual(
      { code, message },
      { code: "IMAGE_PULL", message: `The registry of the image ${pinned} answered HTTP 418.` },
    );
  });

  it("is not copied by a platform whose own registry does not take it", async () => {
    const { name } = await pushed(makeImage());
    const importer = lab.importer("Imported/Not-A-Name");
    const { code, message } = await failure(new Use(importer, name));
    assert.equal(code, "IMAGE_PULL");
    assert.match(message, /The platform's own registry failed for the image/);
  });
});

describe("an image that was imported", () => {
  it("costs its registry a look at the digest, and nothing when it is named by digest", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const first = await new Use(lab.importer(repository), name).done;
    lab.front.log.length = 0;
    const again = new Use(lab.importer(repository), name);
    assert.deepEqual(await again.done, first);
    // The first is refused, and says where the token is.
    assert.deepEqual(about(path), Array(2).fill(`HEAD /v2/${path}/manifests/1`));
    assert.deepEqual(again.waiting, []);
    lab.front.log.length = 0;
    assert.deepEqual(await new Use(lab.importer(repository), `${lab.front.host}/${path}@${image.digest}`).done, first);
    assert.deepEqual(lab.front.log, []);
  });

  it("is imported anew when its tag has moved, and back without a layer", async () => {
    const [one, two] = [makeImage(), makeImage()];
    const [repository, { name, path }] = [newRepository(), await pushed(one)];
    const importer = lab.importer(repository);
    assert.equal((await new Use(importer, name).done).digest, one.digest);
    await pushImage(lab.source.host, path, "1", two);
    const moved = new Use(importer, name);
    assert.equal((await moved.done).digest, two.digest);
    assert.deepEqual(moved.waiting, ["importing image"]);
    await assertCopied(repository, two);
    await pushImage(lab.source.host, path, "1", one);
    lab.front.log.length = 0;
    assert.equal((await new Use(importer, name).done).digest, one.digest);
    assert.deepEqual(lab.front.blobs, []);
    // What it stands for when its registry is away is what it stood for last.
    lab.front.faults.set(`HEAD /v2/${path}/`, Array(20).fill({ status: 429, headers: { "retry-after": "3600" } }));
    assert.equal((await new Use(importer, name).done).digest, one.digest);
  });

  it("is used as it was imported last while its registry is away, and the log says so", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    await new Use(lab.importer(repository), name).done;
    lab.front.faults.set(`/v2/${path}/`, Array(100).fill({ status: 503 }));
    const use = new Use(lab.importer(repository), name);
    assert.equal((await use.done).digest, image.digest);
    assert.deepEqual(
      use.lines.map(({ level, event, image: of, digest }) => ({ level, event, of, digest })),
      [{ level: "warn", event: "image.stale", of: name, digest: image.digest }],
    );
  });

  it("is not found when its registry says that it is gone", async () => {
    const [repository, { name, path }] = [newRepository(), await pushed(makeImage())];
    await new Use(lab.importer(repository), name).done;
    lab.front.faults.set(`/v2/${path}/`, [{ status: 404 }]);
    assert.equal((await failure(new Use(lab.importer(repository), name))).code, "IMAGE_NOT_FOUND");
  });

  it("is imported again when our copy is gone", async () => {
    const image = makeImage();
    const [repository, { name }] = [newRepository(), await pushed(image)];
    const importer = lab.importer(repository);
    await new Use(importer, name).done;
    for (const part of [
      `manifests/${image.digest}`,
      ...[...image.layers, image.config].map((blob) => `blobs/${digestOf(blob)}`),
    ])
      assert.equal((await lab.ask(`${repository}/${part}`, "DELETE")).status, 202);
    const again = new Use(importer, name);
    assert.equal((await again.done).digest, image.digest);
    assert.deepEqual(again.waiting, ["importing image"]);
    await assertCopied(repository, image);
  });
});

describe("an import that meets a fault", () => {
  it("goes on where a layer broke off", async () => {
    const image = makeImage({ layers: [randomBytes(2_000_000)] });
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    lab.front.faults.set(`storage /v2/${path}/blobs/${digestOf(image.layers[0]!)}`, [
      { cutAfter: 700_000 },
      { cutAfter: 300_000 },
    ]);
    await new Use(lab.importer(repository), name).done;
    await assertCopied(repository, image);
    const starts = about(path).flatMap((line) => /bytes=(\d+)-$/.exec(line)?.[1] ?? []);
    assert.equal(starts.length, 2, "two breaks, two ranges");
    assert.ok(starts.every((start) => Number(start) > 0));
  });

  it("asks again for a layer that is not what its digest says, and gives up on one that never is", async () => {
    const image = makeImage({ layers: [randomBytes(50_000)] });
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const layer = `storage /v2/${path}/blobs/${digestOf(image.layers[0]!)}`;
    lab.front.faults.set(layer, Array(10).fill("corrupt"));
    const { code, message } = await failure(new Use(lab.importer(repository), name));
    assert.equal(code, "IMAGE_PULL");
    assert.match(message, /sends invalid content \(a layer is not what its digest says\)/);
    assert.deepEqual(await tags(repository), []);
    assert.equal((await lab.ask(`${repository}/blobs/${digestOf(image.layers[0]!)}`, "HEAD")).status, 404);
    lab.front.faults.set(layer, ["corrupt"]);
    await new Use(lab.importer(repository), name).done;
    await assertCopied(repository, image);
  });

  it("waits for a registry that asks to, and says so", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    lab.front.faults.set(`GET /v2/${path}/manifests/`, [{ status: 429, headers: { "retry-after": "1" } }]);
    const use = new Use(lab.importer(repository), name);
    await use.done;
    assert.deepEqual(use.waiting, [
      "importing image",
      `importing image: ${lab.front.host} asks to wait`,
      "importing image",
    ]);
    await assertCopied(repository, image);
  });

  it("gets another token when its own has ended", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const realm = `Bearer realm="${(lab.tokens.auth as { token: { realm: string } }).token.realm}",service="test-registry",scope="repository:${path}:pull"`;
    const ended = { status: 401, headers: { "www-authenticate": realm } };
    lab.front.faults.set(`GET /v2/${path}/blobs/${digestOf(image.layers[0]!)}`, [ended]);
    await new Use(lab.importer(repository), name).done;
    await assertCopied(repository, image);
  });

  it("follows no redirect round and round", async () => {
    const { name, path } = await pushed(makeImage());
    lab.front.faults.set(
      `HEAD /v2/${path}/`,
      Array(50).fill({ status: 307, headers: { location: `http://${lab.front.host}/v2/${path}/manifests/1` } }),
    );
    assert.equal((await failure(new Use(lab.importer(newRepository()), name))).code, "IMAGE_PULL");
  });

  it("stops with its last waiter, and the next one asks only for what is missing", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const [first, second] = image.layers.map(digestOf);
    lab.front.faults.set(`storage /v2/${path}/blobs/${second}`, ["hang"]);
    const importer = lab.importer(repository);
    const use = new Use(importer, name);
    await waitFor("the first layer to be here", async () => (await lab.ask(`${repository}/blobs/${first}`, "HEAD")).ok);
    await waitFor("the second to be asked for", () => about(`storage /v2/${path}/blobs/${second}`).length === 1);
    use.stop.abort(new Error("told to stop"));
    await assert.rejects(use.done, /told to stop/);
    assert.deepEqual(await tags(repository), []);
    lab.front.log.length = 0;
    await new Use(importer, name).done;
    await assertCopied(repository, image);
    assert.deepEqual(about(`blobs/${first}`), []);
  });
});

describe("several that want one image", () => {
  it("wait for one import, which outlives those who go", async () => {
    const image = makeImage();
    const [repository, { name, path }] = [newRepository(), await pushed(image)];
    const importer = lab.importer(repository);
    const layer = digestOf(image.layers[0]!);
    // It is let go when the first has gone.
    lab.front.faults.set(`storage /v2/${path}/blobs/${layer}`, ["hang"]);
    const [one, two] = [new Use(importer, name), new Use(importer, name)];
    await waitFor("both to wait", () => one.waiting.length === 1 && two.waiting.length === 1);
    await waitFor("the layer to be asked for", () => about(`storage /v2/${path}/blobs/${layer}`).length === 1);
    one.stop.abort(new Error("gone"));
    await assert.rejects(one.done, /gone/);
    lab.front.letGo();
    assert.equal((await two.done).digest, image.digest);
    await assertCopied(repository, image);
    assert.equal(about(`storage /v2/${path}/blobs/${layer}`).filter((line) => !line.includes("bytes=")).length, 1 + 1);
  });

  it("in two workers harm nothing", async () => {
    const image = makeImage({ layers: Array.from({ length: 6 }, () => randomBytes(400_000)) });
    const [repository, { name }] = [newRepository(), await pushed(image)];
    const uses = [lab.importer(repository), lab.importer(repository)].map((importer) => new Use(importer, name));
    const found = await Promise.all(uses.map(({ done }) => done));
    assert.deepEqual(found[0], found[1]);
    await assertCopied(repository, image);
    assert.equal((await tags(repository)).length, 2);
  });
});
