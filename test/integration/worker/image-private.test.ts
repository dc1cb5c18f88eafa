import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { StepFailure } from "../../../worker-image/failure.ts";
import type { RegistryAccess } from "../../../worker-image/registry/image-importer.ts";
import { TestRegistry } from "../../support/ecs/registry.ts";
import { temporaryFolder } from "../../support/files.ts";
import { Front } from "../../support/images/front.ts";
import { ImageLab, login as account, passwords, Use } from "../../support/images/lab.ts";
import { digestOf, makeImage, pushImage } from "../../support/images/made.ts";

let lab: ImageLab;
/** A registry that wants a login for everything, behind redirects of its blobs. */
let front: Front;
const closers: (() => Promise<void>)[] = [];
beforeAll(async () => {
  lab = await ImageLab.start();
  const folder = await temporaryFolder();
  const path = join(folder.path, "passwords");
  await writeFile(path, passwords);
  const guarded = await TestRegistry.start({
    auth: { htpasswd: { realm: "theirs", path } },
    images: lab.source.folder,
  });
  front = await Front.start({ registry: guarded.host, storage: lab.source.host });
  closers.push(
    () => front.close(),
    () => guarded.close(),
    () => lab.close(),
    folder.remove,
  );
});
afterAll(async () => {
  for (const close of closers) await close();
});

const newRepository = () => `imported/${randomUUID()}`;
const good = { username: account.user, password: account.password };
const queueWith = (login = good): RegistryAccess => ({ queue: randomUUID(), login });

async function pushed() {
  const image = makeImage();
  const path = `made/${randomUUID()}`;
  await pushImage(lab.source.host, path, "1", image);
  const name = `${front.host}/${path}`;
  return { image, path, name: `${name}:1`, pinned: `${name}@${image.digest}` };
}

async function failure(use: Use): Promise<StepFailure> {
  const error = await use.done.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StepFailure, String(error));
  return error;
}

/** The tags of a repository in our registry. */
async function tags(repository: string): Promise<string[]> {
  const answer = await lab.ask(`${repository}/tags/list`);
  return answer.ok ? (((await answer.json()) as { tags: string[] | null }).tags ?? []) : [];
}

describe("an image that is pulled with a login", () => {
  it("is copied from behind redirects, which the login does not follow, into a repository of its own", async () => {
    const [repository, { image, name, path }] = [newRepository(), await pushed()];
    const use = new Use(lab.importer(repository), name, queueWith());
    assert.equal((await use.done).pinned, `${lab.ours.host}/${repository}-private@${image.digest}`);
    assert.deepEqual(await tags(repository), []);
    // The storage host refuses requests with a login.
    assert.ok(front.blobs.some((line) => line.includes(path)));
    assert.ok(!JSON.stringify([use.lines, use.waiting]).includes(account.password));
  });

  it("is refused without a login, and with a wrong one, in a sentence that says what to do", async () => {
    const { name } = await pushed();
    for (const access of [null, queueWith({ ...good, password: "wrong" })]) {
      const { code, message } = await failure(new Use(lab.importer(newRepository()), name, access));
      assert.equal(code, "IMAGE_NOT_FOUND");
      assert.match(
        message,
        /asks for a login, or has no such image \(HTTP 401\)\. Check the name, and make .* store a login that may pull it/,
      );
      assert.doesNotMatch(message, /wrong/);
    }
  });

  it("is reused by its queue without a question when it is named by digest", async () => {
    const [repository, { image, name, pinned }, queue] = [newRepository(), await pushed(), queueWith()];
    await new Use(lab.importer(repository), name, queue).done;
    front.log.length = 0;
    assert.equal((await new Use(lab.importer(repository), pinned, queue).done).digest, image.digest);
    assert.deepEqual(front.log, []);
  });

  it("is no use to who knows its digest: not without a login, and not with the login of another queue", async () => {
    const [repository, { name, pinned }] = [newRepository(), await pushed()];
    const importer = lab.importer(repository);
    await new Use(importer, name, queueWith()).done;
    for (const access of [null, queueWith({ ...good, password: "wrong" })])
      assert.equal((await failure(new Use(importer, pinned, access))).code, "IMAGE_NOT_FOUND");
  });

  it("gives no layer to an image of another queue whose registry does not send that layer", async () => {
    const [repository, { image, path, name, pinned }] = [newRepository(), await pushed()];
    const importer = lab.importer(repository);
    await new Use(importer, name, queueWith()).done;
    const layer = digestOf(image.layers[0]!);
    // A registry of an attacker, who knows the digest of the layer and does not have it.
    front.faults.set(`storage /v2/${path}/blobs/${layer}`, Array(20).fill({ status: 404 }));
    for (const reference of [name, pinned])
      assert.equal((await failure(new Use(importer, reference, queueWith()))).code, "IMAGE_NOT_FOUND");
    front.faults.set(`storage /v2/${path}/blobs/${layer}`, Array(20).fill("corrupt"));
    assert.equal((await failure(new Use(importer, name, queueWith()))).code, "IMAGE_PULL");
    front.faults.clear();
    front.log.length = 0;
    assert.equal((await new Use(importer, name, queueWith()).done).digest, image.digest);
    assert.ok(
      front.blobs.some((line) => line.includes(layer)),
      "every layer is asked for again",
    );
  });

  it("has its last copy used while its registry is away, by its queue only", async () => {
    const [repository, { image, name, path }, queue] = [newRepository(), await pushed(), queueWith()];
    const importer = lab.importer(repository);
    await new Use(importer, name, queue).done;
    front.faults.set(`/v2/${path}/`, Array(200).fill({ status: 503 }));
    assert.equal((await new Use(importer, name, queue).done).digest, image.digest);
    assert.equal((await failure(new Use(importer, name, queueWith()))).code, "IMAGE_PULL");
    front.faults.clear();
  });
});

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

describe("a login", () => {
  /** A registry that answers with what a test says, and all that it received. */
  class Told {
    readonly received: { host: string; path: string; authorization: string | undefined }[] = [];
    answer: (request: IncomingMessage) => Reply;
    readonly #server: Server;

    constructor(answer: Told["answer"]) {
      this.answer = answer;
      this.#server = createServer((request, response) => {
        this.received.push({
          host: String(request.headers.host),
          path: String(request.url),
          authorization: request.headers.authorization,
        });
        const { status, headers, body } = this.answer(request);
        response.writeHead(status, headers).end(body);
      });
    }

    async start(): Promise<this> {
      await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
      closers.push(() => new Promise((resolve) => this.#server.close(() => resolve())));
      return this;
    }

    get host(): string {
      return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    }
  }
  const told = (answer: Told["answer"]) => new Told(answer).start();
  const basic = `Basic ${Buffer.from(`${account.user}:${account.password}`).toString("base64")}`;
  const bearer = (host: string) => ({
    "www-authenticate": `Bearer realm="http://${host}/token",service="s",scope="r"`,
  });

  it("is sent to the server of tokens that its registry names, and then only the token to the registry", async () => {
    const tokens = await told(() => ({ status: 200, body: JSON.stringify({ token: "of-the-server" }) }));
    const registry = await told(({ headers }) =>
      headers.authorization === undefined ? { status: 401, headers: bearer(tokens.host) } : { status: 404 },
    );
    await failure(new Use(lab.importer(newRepository()), `${registry.host}/a:1`, queueWith()));
    assert.deepEqual(
      tokens.received.map(({ authorization }) => authorization),
      [basic],
    );
    assert.deepEqual(
      registry.received.map(({ authorization }) => authorization),
      [undefined, "Bearer of-the-server"],
    );
  });

  it("is not sent to a host that the registry redirects to, nor to a server of tokens that such a host names", async () => {
    const tokens = await told(() => ({ status: 200, body: JSON.stringify({ token: "of-an-attacker" }) }));
    for (const challenge of [bearer(tokens.host), { "www-authenticate": 'Basic realm="storage"' }])
      for (const asksFirst of [true, false]) {
        const storage = await told(() => ({ status: 401, headers: challenge }));
        const registry = await told(({ headers }): Reply =>
          asksFirst && headers.authorization === undefined
            ? { status: 401, headers: { "www-authenticate": 'Basic realm="registry"' } }
            : { status: 307, headers: { location: `http://${storage.host}/elsewhere` } },
        );
        const { code } = await failure(new Use(lab.importer(newRepository()), `${registry.host}/a:1`, queueWith()));
        assert.equal(code, "IMAGE_NOT_FOUND");
        assert.equal(registry.received.at(-1)?.authorization, asksFirst ? basic : undefined);
        assert.ok(storage.received.length > 0);
        assert.ok(storage.received.every(({ authorization }) => authorization === undefined));
      }
    assert.deepEqual(tokens.received, []);
  });

  it("is not sent to a server of tokens that redirects it elsewhere", async () => {
    const elsewhere = await told(() => ({ status: 200, body: JSON.stringify({ token: "t" }) }));
    const tokens = await told(() => ({ status: 307, headers: { location: `http://${elsewhere.host}/token` } }));
    const registry = await told(() => ({ status: 401, headers: bearer(tokens.host) }));
    await failure(new Use(lab.importer(newRepository()), `${registry.host}/a:1`, queueWith()));
    assert.equal(tokens.received[0]?.authorization, basic);
    assert.ok(elsewhere.received.every(({ authorization }) => authorization === undefined));
  });
});
