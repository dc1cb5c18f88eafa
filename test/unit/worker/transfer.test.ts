import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import type { Manifest } from "../../../contract/job.ts";
import { ArchiveCache } from "../../../worker-image/archive-cache.ts";
import { Archives } from "../../../worker-image/archives.ts";
import { download } from "../../../worker-image/download.ts";
import { Interrupted } from "../../../worker-image/failure.ts";
import type { StepFailure } from "../../../worker-image/failure.ts";
import { HttpError } from "../../../worker-image/http.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { postForm } from "../../../worker-image/post-form.ts";
import { Signatures } from "../../../worker-image/signatures.ts";
import { Uploader } from "../../../worker-image/upload.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { startServer } from "./store.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Awaited<ReturnType<typeof startServer>>;
/** Paths of the requests so far. */
let requests: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  requests = [];
  server = await startServer((request, response) => {
    requests.push(request.url ?? "");
    return answer(request, response);
  });
});
afterEach(() => server.close());

/** Of something that nobody aborts. */
const running = new AbortController().signal;
const newPath = async () => join(await mkdtemp(join(folder.path, "t-")), "file");
const md5 = (text: string) => createHash("md5").update(text).digest("hex");

describe("signatures of an attempt", () => {
  it("are renewed again and again, whatever goes wrong once, and archives are fetched with the newest", async () => {
    answer = (request, response) => void response.writeHead(request.url === "/signed-3" ? 200 : 403).end("hello");
    const sourceOf = (signature: number) => ({
      from: "object" as const,
      object: { contentId: "scoring", url: `${server.url}signed-${signature}` },
      cache: false,
      label: "scoring program",
    });
    const manifestOf = (signature: number) => {
      const step = { folders: [{ name: "program", contents: [{ at: "", archive: sourceOf(signature) }] }] };
      return { job: { steps: [step] } } as unknown as Manifest;
    };
    let renewals = 0;
    const renew = (): Promise<Manifest> => {
      const signature = ++renewals;
      return signature === 2
        ? Promise.reject(new Error("the platform is away"))
        : Promise.resolve(manifestOf(Math.min(signature, 3)));
    };
    const lines: string[] = [];
    const signatures = new Signatures({
      manifest: manifestOf(0),
      renew,
      renewalMs: 5,
      log: jsonLog((line) => lines.push(line)),
    });
    const seen: Manifest[] = [];
    signatures.onRenewed((manifest) => seen.push(manifest));
    await waitFor("the third renewal", () => signatures.urlOf(sourceOf(0).object).endsWith("signed-3"));
    signatures.close();
    assert.deepEqual(seen.slice(0, 2), [manifestOf(1), manifestOf(3)]);
    assert.match(lines.join(""), /signatures\.unrenewed.*the platform is away/);
    const archives = new Archives(await mkdtemp(join(folder.path, "a-")), undefined as never, running, (object) =>
      signatures.urlOf(object),
    );
    assert.equal((await archives.get(sourceOf(0), 1_000)).md5, md5("hello"));
    assert.deepEqual(requests, ["/signed-3"]);
  });
});

describe("downloading", () => {
  const options = { label: "submission", maxBytes: 1_000_000 };

  it("gives the size and the MD5", async () => {
    answer = (_, response) => void response.end("hello");
    const path = await newPath();
    assert.deepEqual(await download(server.url, path, options), { bytes: 5, md5: md5("hello") });
    assert.equal(await readFile(path, "utf8"), "hello");
  });

  it("tries again after a 503, a broken connection and a body that ends early", async () => {
    const behaviours = [
      (response: ServerResponse) => void response.writeHead(503).end(),
      (response: ServerResponse) => void response.destroy(),
      (response: ServerResponse) => {
        response.writeHead(200, { "content-length": 10 });
        response.write("hel", () => response.destroy());
      },
      (response: ServerResponse) => void response.end("hello"),
    ];
    answer = (_, response) => behaviours.shift()?.(response);
    const path = await newPath();
    assert.equal((await download(server.url, path, options)).md5, md5("hello"));
    assert.equal(await readFile(path, "utf8"), "hello");
    assert.equal(requests.length, 4);
  });

  it("gives up at once when the store refuses, and names the archive but not its signed address", async () => {
    answer = (_, response) => void response.writeHead(403).end("<Error/>");
    await assert.rejects(
      download(`${server.url}?X-Amz-Signature=abc`, await newPath(), options),
      (error: StepFailure) => {
        assert.equal(error.code, "STORAGE_ERROR");
        assert.match(error.message, /"submission".*HTTP 403/);
        assert.doesNotMatch(error.message, /abc|127\.0\.0\.1/);
        return true;
      },
    );
    assert.equal(requests.length, 1);
  });

  it("stops at the largest size, with a sentence", async () => {
    answer = (_, response) => void response.end("x".repeat(100));
    await assert.rejects(download(server.url, await newPath(), { ...options, maxBytes: 99 }), (error: StepFailure) => {
      assert.equal(error.code, "DISK_LIMIT");
      assert.match(error.message, /"submission" alone is larger than the disk limit of this step, 99 bytes/);
      return true;
    });
  });

  it("stops when it is interrupted, with the interruption", async () => {
    const stop = new AbortController();
    answer = (_, response) => {
      response.write("begin");
      stop.abort(new Interrupted("cancelled"));
    };
    await assert.rejects(download(server.url, await newPath(), { ...options, signal: stop.signal }), Interrupted);
  });
});

describe("uploading", () => {
  const policy = () => ({
    url: server.url,
    fields: { policy: "p", key: "ignored" },
    keyPrefix: "jobs/1/",
    maxBytes: 100,
  });

  it("sends the policy's fields and the key before the file, and a length that is right", async () => {
    let body = "";
    let length = 0;
    answer = async (request, response) => {
      body = (await buffer(request)).toString();
      length = Number(request.headers["content-length"]);
      response.writeHead(204).end();
    };
    const path = await newPath();
    await writeFile(path, "content");
    assert.equal(await new Uploader(policy()).file("scoring/output.zip", path), 7);
    assert.equal(length, body.length);
    const names = [...body.matchAll(/; name="([^"]+)"/g)].map(([, name]) => name);
    assert.deepEqual(names, ["key", "policy", "file"]);
    assert.match(body, /name="key"\r\n\r\njobs\/1\/scoring\/output\.zip\r\n/);
    assert.match(body, /\r\n\r\ncontent\r\n--/);
  });

  it("sends empty files", async () => {
    answer = async (request, response) => {
      await buffer(request);
      response.writeHead(204).end();
    };
    const path = await newPath();
    await writeFile(path, "");
    assert.equal(await new Uploader(policy()).file("empty", path), 0);
  });

  it("tries again after a 500, and gives up at once when the store refuses", async () => {
    const statuses = [500, 204, 403];
    answer = async (request, response) => {
      await buffer(request);
      response.writeHead(statuses.shift() ?? 0).end();
    };
    const path = await newPath();
    await writeFile(path, "content");
    await new Uploader(policy()).file("a", path);
    assert.equal(requests.length, 2);
    await assert.rejects(new Uploader(policy()).file("a", path), (error: StepFailure) => {
      assert.equal(error.code, "STORAGE_ERROR");
      assert.match(error.message, /"a" could not be stored: the object store answered HTTP 403/);
      return true;
    });
    assert.equal(requests.length, 3);
  });

  it("hears a refusal that comes before the file was sent", async () => {
    answer = (_, response) => void response.writeHead(400).end("<Code>EntityTooLarge</Code>");
    const endless = {
      bytes: 1e12,
      open: () =>
        Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(65_536);
          })(),
        ),
    };
    await assert.rejects(
      postForm(server.url, [], endless),
      (error: HttpError) => error instanceof HttpError && error.status === 400,
    );
  });

  it("can be interrupted in the middle", async () => {
    const stop = new AbortController();
    answer = (request) => void request.once("data", () => stop.abort(new Interrupted("superseded")));
    const endless = {
      bytes: 1e12,
      open: () =>
        Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(65_536);
          })(),
        ),
    };
    await assert.rejects(postForm(server.url, [], endless, stop.signal), Interrupted);
  });

  it("fails when the file is shorter than it was", async () => {
    answer = async (request, response) => {
      await buffer(request).catch(() => {});
      response.end();
    };
    const short = { bytes: 10, open: () => Readable.from([Buffer.from("123")]) };
    await assert.rejects(postForm(server.url, [], short), /changed while it was sent/);
  });
});

describe("the archive cache", () => {
  const content = (path: string) => `content of ${path}`;
  const request = (name: string) => ({ contentId: name, url: `${server.url}${name}`, label: name, maxBytes: 1e6 });
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(folder.path, "cache-"));
    answer = (incoming, response) => void response.end(content((incoming.url ?? "").slice(1)));
  });
  const place = async (cache: ArchiveCache, name: string) => {
    const target = await newPath();
    const placed = await cache.place(request(name), target, running);
    assert.equal(await readFile(target, "utf8"), content(name));
    assert.equal(placed.md5, md5(content(name)));
    return placed;
  };

  it("downloads the same content once, whatever its address, also across restarts", async () => {
    const cache = await ArchiveCache.open(home, 1e6);
    assert.equal((await place(cache, "a")).downloaded, content("a").length);
    assert.equal((await place(cache, "a")).downloaded, 0);
    assert.equal((await place(await ArchiveCache.open(home, 1e6), "a")).downloaded, 0);
    assert.deepEqual(requests, ["/a"]);
  });

  it("downloads once for all who want it at the same time", async () => {
    const cache = await ArchiveCache.open(home, 1e6);
    await Promise.all(Array.from({ length: 10 }, () => place(cache, "a")));
    assert.deepEqual(requests, ["/a"]);
  });

  it("removes what was not used for longest when it is full, and takes nothing from those who have it", async () => {
    const cache = await ArchiveCache.open(home, 2 * content("a").length);
    const target = await newPath();
    await cache.place(request("a"), target, running);
    await place(cache, "b");
    await place(cache, "a");
    await place(cache, "c");
    assert.equal((await place(cache, "a")).downloaded, 0);
    assert.notEqual((await place(cache, "b")).downloaded, 0);
    assert.equal(await readFile(target, "utf8"), content("a"));
  });

  it("gives an archive that is larger than itself, and keeps none", async () => {
    const cache = await ArchiveCache.open(home, 3);
    await place(cache, "a");
    assert.deepEqual(await readdir(home), []);
  });

  it("does not use a file that is cut off, nor one that was half downloaded", async () => {
    await place(await ArchiveCache.open(home, 1e6), "a");
    const [name = ""] = await readdir(home);
    await writeFile(join(home, name), "cut");
    await writeFile(join(home, "x.partial"), "half");
    const cache = await ArchiveCache.open(home, 1e6);
    assert.deepEqual(await readdir(home), []);
    assert.notEqual((await place(cache, "a")).downloaded, 0);
    assert.equal((await stat(join(home, name))).size, content("a").length);
  });

  it("lets one who waits go, and gives the archive to the others all the same", async () => {
    const cache = await ArchiveCache.open(home, 1e6);
    let release = () => {};
    answer = (_, response) => {
      release = () => void response.end(content("a"));
    };
    const stop = new AbortController();
    const impatient = cache.place(request("a"), await newPath(), stop.signal);
    const patient = place(cache, "a");
    stop.abort(new Interrupted("cancelled"));
    await assert.rejects(impatient, Interrupted);
    await waitFor("the request", () => requests.length === 1);
    release();
    await patient;
  });

  it("keeps nothing of a download that failed, and tries afresh the next time", async () => {
    const cache = await ArchiveCache.open(home, 1e6);
    answer = (_, response) => void response.writeHead(404).end();
    await assert.rejects(place(cache, "a"), { code: "STORAGE_ERROR" });
    assert.deepEqual(await readdir(home), []);
    answer = (_, response) => void response.end(content("a"));
    await place(cache, "a");
  });
});
