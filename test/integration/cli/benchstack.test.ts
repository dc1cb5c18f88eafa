import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createNetServer, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { packFolder } from "../../../client/pack.ts";
import { requireDocker } from "../../support/docker.ts";
import { repository, temporaryFolder } from "../../support/files.ts";
import { benchstack, benchstackHere } from "./run-benchstack.ts";

const program = join(repository, "cli/benchstack.mjs");
const example = join(repository, "examples/tabular-classification");
const bundle = join(example, "bundle");
const submission = (name: string) => join(example, "submissions", name);

/** Makes a process look as if an older version of Node ran it, so that it starts another one. */
const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.0.0' } });";
/** Makes a process interrupt itself as soon as it listens for that. */
const early =
  "process.once('newListener', function see(name) { name === 'SIGINT' ? process.nextTick(() => process.kill(process.pid, name)) : process.once('newListener', see); });";

describe("benchstack without a platform", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  it("without a command, or with one it does not know, it says how it is used and exits with 2", async () => {
    for (const args of [[], ["launch"], ["validate"], ["validate", "a", "--loud"], ["run", "a"]]) {
      const { code, errors } = await (args.length === 0 ? benchstack : benchstackHere)(args);
      assert.equal(code, 2, args.join(" "));
      assert.match(errors, /benchstack (--help|\w+ BUNDLE)/);
    }
  });

  it("suggests the command that was meant, prints its version, and completes commands", async () => {
    assert.match((await benchstackHere(["submitt"])).errors, /Did you mean submit\?/);
    assert.match((await benchstackHere(["submit", "1", "x", "--taks", "1"])).errors, /Did you mean --tasks\?/);
    assert.match((await benchstack(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
    assert.match((await benchstackHere(["complete", "--", "submi"])).out, /^submit\t.*\nsubmissions\t/);
    assert.match((await benchstackHere(["help", "submit"])).out, /^Usage: benchstack submit PHASE SUBMISSION/);
  });

  it("keeps what Node compiles beside the dependencies", async () => {
    const { NODE_COMPILE_CACHE: _ofTests, ...env } = process.env;
    const code = "console.log(require('node:module').getCompileCacheDir())";
    const start = join(repository, "cli/compile-cache.mjs");
    const child = spawn(process.execPath, ["--import", start, "--eval", code], { env });
    assert.ok((await text(child.stdout)).startsWith(join(repository, "node_modules/.cache/benchstack")));
  });

  it("says when an address is not that of a platform", async () => {
    const server = createServer((_request, response) => response.end("<html>Hello</html>")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, errors } = await benchstack(["login", url, "--username", "somebody"], { input: "secret\n" });
    server.close();
    assert.equal(code, 4);
    assert.match(errors, new RegExp(`^${url} is not the address of a Benchstack platform`));
  });

  it("Ctrl-C ends a command with its code and a document, from the first moment, whichever process it reaches", async () => {
    const silent = createNetServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const started = (code: string) =>
      spawn(
        process.execPath,
        ["--import", `data:text/javascript,${encodeURIComponent(code)}`, program, "whoami", "--json"],
        { env: { ...process.env, BENCHSTACK_URL: url, BENCHSTACK_TOKEN: "token" }, detached: true },
      );
    const ended = async (child: ReturnType<typeof started>) => {
      const [out, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
      assert.deepEqual([code, JSON.parse(out)], [130, { error: { code: "INTERRUPTED", message: "Interrupted." } }]);
    };
    for (const code of ["", older]) {
      await ended(started(code + early));
      for (const sign of [1, -1]) {
        const child = started(code);
        const [socket] = (await once(silent, "connection")) as [Socket];
        process.kill(sign * child.pid!, "SIGINT");
        await ended(child);
        socket.destroy();
      }
    }
    const killed = started(older);
    const [socket] = (await once(silent, "connection")) as [Socket];
    killed.kill("SIGKILL");
    await once(socket.resume(), "close");
    silent.close();
  });

  it("says in a sentence that its output cannot be written", async () => {
    for (const [path, mode, why] of [
      ["/dev/full", "w", "its disk is full"],
      ["/dev/null", "r", "it is not open for writing"],
    ] as const) {
      const target = await open(path, mode);
      const child = spawn(process.execPath, [program, "--help"], { stdio: ["ignore", target.fd, "pipe"] });
      const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
      await target.close();
      assert.deepEqual([code, errors], [1, `Standard output cannot be used: ${why}.\n`]);
    }
  });

  it("says what is wrong with an address, without its password, or with the file of the login", async () => {
    const addresses: [string, RegExp][] = [
      ["zzz", /must be the address of a platform/],
      ["http://127.0.0.1:99999", /must be the address of a platform/],
      ["http://127.0.0.1:0", /must be the address of a platform/],
      ["http://ada:sesame@127.0.0.1:9", /must not hold a user name or a password/],
      ["http://127.0.0.1:9/competitions/1/", /Drop the path: http:\/\/127\.0\.0\.1:9\.$/m],
    ];
    for (const [url, message] of addresses)
      for (const ended of [
        await benchstackHere(["whoami"], { BENCHSTACK_URL: url }),
        await benchstack(["login", url, "--username", "ada"], { input: "secret\n" }),
      ]) {
        assert.equal(ended.code, 2, url);
        assert.match(ended.errors, message);
        assert.doesNotMatch(ended.errors, /sesame/);
      }
    const env = { XDG_CONFIG_HOME: folder.path, BENCHSTACK_URL: "", BENCHSTACK_TOKEN: "" };
    const file = join(folder.path, "benchstack/login.json");
    await mkdir(join(folder.path, "benchstack"));
    for (const content of ["null", '"x"', '{"url": "zzz", "token": 1}', null]) {
      await rm(file, { force: true });
      await (content === null ? mkdir(file) : writeFile(file, content));
      const { code, errors } = await benchstackHere(["whoami"], env);
      assert.equal(code, 3, errors);
      assert.match(errors, /login\.json is damaged\. Run `benchstack login URL` again\./);
    }
    assert.equal((await benchstackHere(["logout"], env)).code, 0, "also of a folder");
  });

  it("validate finds nothing wrong with an example, as a folder and as a zip", async () => {
    const zip = join(folder.path, "bundle.zip");
    await writeFile(zip, await packFolder(bundle));
    for (const path of [bundle, zip]) {
      const { code, out } = await benchstackHere(["validate", path]);
      assert.equal(code, 0);
      assert.match(out, /^The bundle is valid: 0 errors/m);
    }
  });

  it("validate prints every problem with its code and place, and exits with 1", async () => {
    const yaml = await readFile(join(bundle, "competition.yaml"), "utf8");
    const zip = join(folder.path, "broken.zip");
    const broken = yaml
      .replace("terms: pages/terms.md", "terms: nowhere.md")
      .replace("tasks: [0, 1]\nfact", "tasks: [7]\nfact");
    await writeFile(zip, await packFolder(bundle, { "competition.yaml": broken }));
    const { code, out } = await benchstackHere(["validate", zip, "--json"]);
    assert.equal(code, 1);
    const { ok, problems } = JSON.parse(out) as {
      ok: boolean;
      problems: { code: string; path: string; severity: string }[];
    };
    assert.equal(ok, false);
    const errors = problems
      .filter(({ severity }) => severity === "error")
      .map(({ code: name, path }) => `${name} ${path}`);
    assert.ok(errors.includes("BND-25 terms"), errors.join());
    assert.ok(
      errors.some((error) => /phases\[0\]\.tasks/.test(error)),
      errors.join(),
    );
  });

  it("validate says what is wrong with a file that is no zip", async () => {
    const path = join(folder.path, "no.zip");
    await writeFile(path, "this is no zip");
    const { code, out } = await benchstackHere(["validate", path]);
    assert.equal(code, 1);
    assert.match(out, /error BND-02/);
    const missing = await benchstackHere(["validate", join(folder.path, "missing.zip")]);
    assert.equal(missing.code, 1);
    assert.match(missing.errors, /There is no file or folder/);
  });

  it("validate reports what lies in the files as well, as an upload does", async () => {
    const yaml = await readFile(join(bundle, "competition.yaml"), "utf8");
    const zip = join(folder.path, "files.zip");
    const replaced = { "competition.yaml": yaml, "logo.png": "not an image", "pages/terms.md": "with a \0 in it" };
    await writeFile(zip, await packFolder(bundle, replaced));
    const { code, out } = await benchstackHere(["validate", zip]);
    assert.equal(code, 1);
    assert.match(out, /^error BND-23 at image$/m);
    assert.match(out, /^error BND-99 at terms\n {4}pages\/terms\.md is not valid UTF-8 text/m);
    assert.match(out, /^The bundle is not valid: 2 errors, 0 warnings\.$/m);
  });

  it("validate says which keys it cannot check, since no platform is asked", async () => {
    const key = "0b9c1b1e-6f0b-4f6e-9a3e-2f1d3c4b5a69";
    const yaml = await readFile(join(bundle, "competition.yaml"), "utf8");
    const zip = join(folder.path, "keys.zip");
    await writeFile(
      zip,
      await packFolder(bundle, {
        "competition.yaml": yaml.replace("input_data: rings/input_data/", `input_data: ${key}`),
      }),
    );
    const { code, out } = await benchstackHere(["validate", zip]);
    assert.equal(code, 0);
    assert.match(
      out,
      new RegExp(`^The bundle is valid: .*\\nNot checked, .*:\\n    tasks\\[\\d\\]\\.input_data: ${key}\\n$`, "m"),
    );
    const { unchecked } = JSON.parse((await benchstackHere(["validate", zip, "--json"])).out) as {
      unchecked: { key: string }[];
    };
    assert.deepEqual(
      unchecked.map((one) => one.key),
      [key],
    );
  });

  it("the path of a bundle's competition.yaml will do as well as its folder", async () => {
    const { code, out } = await benchstackHere(["validate", join(bundle, "competition.yaml")]);
    assert.equal(code, 0, out);
  });

  it("run earns a submission the scores that the platform would give it", async () => {
    const expected = JSON.parse(await readFile(join(example, "expected.json"), "utf8")) as Record<
      string,
      Record<string, { scores: Record<string, number> }>
    >;
    const { code, out } = await benchstack([
      "run",
      bundle,
      submission("naive-bayes"),
      "--task",
      "Rings",
      "--launcher",
      "sandbox",
      "--json",
    ]);
    assert.equal(code, 0, out);
    const [result] = JSON.parse(out) as { task: string; scores: Record<string, string> }[];
    assert.equal(result?.task, "Rings");
    for (const [key, score] of Object.entries(expected["naive-bayes"]!["Rings"]!.scores))
      assert.equal(Number(result.scores[key]), score, key);
  });

  it("run says before anything runs that Docker cannot have the image, and takes the sandbox or ends", async () => {
    await requireDocker();
    const words = ["run", bundle, submission("naive-bayes"), "--task", "Rings", "--image", "127.0.0.1:1/no/image:1"];
    const why =
      /^The image 127\.0\.0\.1:1\/no\/image:1 could not be pulled: its registry refused the connection\. The cause: .*dial tcp 127\.0\.0\.1:1/;
    const auto = await benchstackHere(words);
    assert.equal(auto.code, 0, auto.errors);
    assert.match(auto.errors, why);
    assert.match(auto.errors, /Programs run in a sandbox of Linux namespaces.*not safe for code that you do not trust/);
    const docker = await benchstackHere([...words, "--launcher", "docker"]);
    assert.deepEqual([docker.code, docker.out], [1, ""]);
    assert.match(docker.errors, why);
  });

  it("run takes an empty image as none, and refuses what is not the name of one", async () => {
    const words = ["run", bundle, submission("naive-bayes"), "--task", "Rings", "--launcher", "sandbox", "--image"];
    const empty = await benchstackHere([...words, ""], { BENCHSTACK_IMAGE: "" });
    assert.equal(empty.code, 0, empty.errors);
    const wrong = await benchstackHere([...words, "Python 3"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.errors, /The image "Python 3" contains blanks/);
  });

  it("run of a submission that fails says why and exits with 1", async () => {
    const { code, out } = await benchstackHere([
      "run",
      bundle,
      submission("wrong-length"),
      "--task",
      "Rings",
      "--launcher",
      "sandbox",
    ]);
    assert.equal(code, 1);
    assert.match(out, /Failed \(PROGRAM_EXIT\)/);
    assert.match(out, /prediction ingestion stderr:/);
  });
});
