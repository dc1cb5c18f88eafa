import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { StepFailure } from "../../../worker-image/failure.ts";
import { ImageLab, Use } from "../../support/images/lab.ts";
import { digestOf, makeImage, pushImage } from "../../support/images/made.ts";
import type { MadeImage } from "../../support/images/made.ts";
import { waitFor } from "../../support/wait.ts";
import { startServer } from "../../unit/worker/store.ts";

let lab: ImageLab;
beforeAll(async () => {
  lab = await ImageLab.start();
});
afterAll(() => lab.close());

async function pushed(image: MadeImage) {
  const path = `made/${randomUUID()}`;
  await pushImage(lab.source.host, path, "1", image);
  return { path, name: `${lab.front.host}/${path}:1` };
}

const newRepository = () => `imported/${randomUUID()}`;

async function failure(use: Use): Promise<StepFailure> {
  const error = await use.done.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StepFailure, String(error));
  return error;
}

describe("a registry that sends a worker elsewhere", () => {
  const sentence = (name: string) =>
    `The image ${name} was not found: its registry is, or redirects to, a host without TLS or without a public address. Check the name, and that its registry has it.`;

  /** A token server with an answer of a test's, which the front names to whoever wants an image. */
  async function withTokens(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    test: (name: string, path: string) => Promise<void>,
  ): Promise<void> {
    const server = await startServer(answer);
    const { name, path } = await pushed(makeImage());
    const challenge = { status: 401, headers: { "www-authenticate": `Bearer realm="${server.url}token",service="x"` } };
    lab.front.faults.set(`/v2/${path}/`, Array(10).fill(challenge));
    try {
      await test(name, path);
    } finally {
      await server.close();
    }
  }

  for (const location of [
    "http://169.254.170.2/v2/credentials",
    "https://10.0.0.1/token",
    "http://registry.example.org/token",
  ]) {
    it(`by its token to ${location}, is told that it leads nowhere`, () =>
      withTokens(
        (_, response) => void response.writeHead(302, { location }).end(),
        async (name) => {
          const { code, message } = await failure(new Use(lab.importer(newRepository()), name));
          assert.deepEqual({ code, message }, { code: "IMAGE_NOT_FOUND", message: sentence(name) });
        },
      ));

    it(`by a blob to ${location}, is told that it leads nowhere`, async () => {
      const image = makeImage();
      const { name, path } = await pushed(image);
      lab.front.faults.set(`storage /v2/${path}/blobs/${digestOf(image.layers[0]!)}`, [
        { status: 302, headers: { location } },
      ]);
      const { code, message } = await failure(new Use(lab.importer(newRepository()), name));
      assert.deepEqual({ code, message }, { code: "IMAGE_NOT_FOUND", message: sentence(name) });
    });
  }

  it("is not asked at all where it is inside", async () => {
    for (const host of ["10.0.0.1", "169.254.169.254", "192.168.0.1:443"]) {
      const name = `${host}/image:1`;
      const { code, message } = await failure(new Use(lab.importer(newRepository()), name));
      assert.deepEqual({ code, message }, { code: "IMAGE_NOT_FOUND", message: sentence(name) });
    }
  });

  it("is not asked on loopback by a platform whose own registry is elsewhere", async () => {
    const { path, name } = await pushed(makeImage());
    lab.front.log.length = 0;
    for (const image of [name, name.replace("127.0.0.1", "localhost")]) {
      const use = new Use(
        lab.importer(newRepository(), { registry: "000000000000.dkr.ecr.us-east-1.amazonaws.com" }),
        image,
      );
      assert.equal((await failure(use)).message, sentence(image));
    }
    assert.deepEqual(
      lab.front.log.filter((line) => line.includes(path)),
      [],
    );
  });

  it("has read no token that is too large, or none", async () => {
    const tokens: [sent: string, why: RegExp][] = [
      [JSON.stringify({ token: "x".repeat(100_000) }), /its token is larger than 65536 bytes/],
      ["a word of the registry's own", /\(its token is not valid\)/],
      [JSON.stringify({ token: "two\nlines" }), /\(its token is not valid\)/],
    ];
    for (const [sent, why] of tokens)
      await withTokens(
        (_, response) => void response.end(sent),
        async (name) => {
          const { code, message } = await failure(new Use(lab.importer(newRepository()), name));
          assert.equal(code, "IMAGE_PULL");
          assert.match(message, why);
          assert.doesNotMatch(message, /a word/);
        },
      );
  });
});

describe("a registry that says what is not so", () => {
  it("gets no image into the place of another's by the digest it tells", async () => {
    const [victims, own] = [makeImage(), makeImage()];
    const [{ name: wanted }, { name, path }] = [await pushed(victims), await pushed(own)];
    const repository = newRepository();
    const place = victims.digest.replace(":", "-");
    await pushImage(lab.source.host, path, place, own);
    lab.front.faults.set(
      `HEAD /v2/${path}/manifests/1`,
      Array(4).fill({ status: 200, headers: { "docker-content-digest": place } }),
    );
    assert.equal((await new Use(lab.importer(repository), name).done).digest, own.digest);
    assert.equal((await new Use(lab.importer(repository), wanted).done).digest, victims.digest);
  });
});

describe("a registry that takes its time", () => {
  it("keeps nobody else from importing while it asks to wait", async () => {
    const importer = lab.importer(newRepository());
    const wait = { status: 429, headers: { "retry-after": "3600" } };
    const waiting: Use[] = [];
    for (const part of ["manifests", "blobs", "manifests"]) {
      const { name, path } = await pushed(makeImage());
      lab.front.faults.set(`GET /v2/${path}/${part}/`, Array(50).fill(wait));
      waiting.push(new Use(importer, name));
    }
    for (const use of waiting)
      await waitFor(
        "it to be asked to wait",
        () => use.waiting.at(-1) === `importing image: ${lab.front.host} asks to wait`,
      );
    const image = makeImage();
    assert.equal((await new Use(importer, (await pushed(image)).name).done).digest, image.digest);
    for (const use of waiting) {
      use.stop.abort(new Error("told to stop"));
      await assert.rejects(use.done, /told to stop/);
    }
  });

  it("is asked for the rest after that", async () => {
    const image = makeImage();
    const [{ name, path }, repository] = [await pushed(image), newRepository()];
    const [first, second] = image.layers.map(digestOf);
    lab.front.faults.set(`storage /v2/${path}/blobs/${second}`, [{ status: 429, headers: { "retry-after": "1" } }]);
    const use = new Use(lab.importer(repository), name);
    assert.equal((await use.done).digest, image.digest);
    assert.deepEqual(use.waiting, [
      "importing image",
      `importing image: ${lab.front.host} asks to wait`,
      "importing image",
    ]);
    for (const layer of [first, second])
      assert.equal((await lab.ask(`${repository}/blobs/${layer}`, "HEAD")).status, 200);
  });

  it("has a copy fail whose bytes trickle, and its place given to the next", async () => {
    const importer = lab.importer(newRepository(), { pace: { graceMs: 1500, bytesPerSecond: 1_000_000 } });
    const slow: Use[] = [];
    for (let at = 0; at < 2; at++) {
      const image = makeImage({ layers: [randomBytes(50_000)] });
      const { name, path } = await pushed(image);
      lab.front.faults.set(`storage /v2/${path}/blobs/${digestOf(image.layers[0]!)}`, Array(50).fill("drip"));
      slow.push(new Use(importer, name));
    }
    await waitFor("both to be sent", () => lab.front.blobs.length >= 2);
    const image = makeImage();
    const next = new Use(importer, (await pushed(image)).name);
    for (const use of slow) {
      const { code, message } = await failure(use);
      assert.equal(code, "IMAGE_PULL");
      assert.match(
        message,
        /^The image \S+ comes too slowly from its registry: \d+ bytes in 1 min\. Submit again later, or push the image to a faster registry\.$/,
      );
    }
    assert.equal((await next.done).digest, image.digest);
  });
});
