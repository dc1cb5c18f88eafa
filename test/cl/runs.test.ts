/** The unmodified client runs commands on the platform's worker (docs/worksheets.md, W-120 to W-131). */
import assert from "node:assert/strict";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { runCanary } from "../../client/canary.ts";
import { WorksheetsClient } from "../../client/worksheets-client.ts";
import { codalabClient, type CodalabClient } from "../support/codalab-client.ts";
import { temporaryFolder } from "../support/files.ts";
import { requireDocker, testImage } from "../support/docker.ts";
import { startTestPlatform, type TestPlatform } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";

/** Far more than any of these needs, on the slowest machine. */
const patienceMs = 180_000;

describe("runs of cl", () => {
  let platform: TestPlatform;
  let client: CodalabClient;
  beforeAll(async () => {
    await requireDocker();
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "docker", slots: 2 } });
    client = await codalabClient(await platform.newPerson());
    await cl("work", `${platform.url}::`);
  });
  afterAll(async () => {
    await client.close();
    await platform.close();
  });

  /** What a command prints that succeeds. */
  async function cl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await client.run(...args);
    assert.equal(code, 0, `cl ${args.join(" ")}: ${stdout} ${stderr}`);
    return stdout.trim();
  }
  const image = ["--request-docker-image", testImage];
  const run = (...args: string[]) => cl("run", ...image, ...args);
  const info = (uuid: string, field: string) => cl("info", "-f", field, uuid);
  const ended = (uuid: string) =>
    waitFor(
      "the run to end",
      async () => {
        const state = await info(uuid, "state");
        return ["ready", "failed", "killed"].includes(state) ? state : undefined;
      },
      patienceMs,
    );

  it("reads what it depends on by key, and keeps what it writes (W-120, W-121, W-122)", async () => {
    const data = await cl("upload", "-c", "some data", "-n", "data");
    const first = await run(
      "a:data",
      "cat a; mkdir d; cp a d/copy; echo seen >&2; touch x.tmp",
      "--exclude-patterns",
      "*.tmp",
    );
    const second = await run(`in:${first}/d`, `deep/er:${first}`, `:data`, "cat in/copy deep/er/stdout data; ls -a");
    assert.equal(await ended(second), "ready");
    assert.equal(await cl("cat", `${first}/stdout`), "some data");
    assert.equal(await cl("cat", `${first}/stderr`), "seen");
    assert.equal(await cl("cat", `${first}/a`), "some data");
    const listed = (await cl("cat", first)).split("\n").map((line) => line.split(/\s/)[0]);
    assert.deepEqual(listed.slice(2), ["d", "stderr", "stdout"]);
    assert.match(await cl("cat", `${second}/stdout`), /^some data\s*some data\s*some data/);
    assert.equal(await cl("cat", `${second}/deep/er/d/copy`), "some data");
    assert.equal(await info(first, "exitcode"), "0");
    assert.notEqual(await info(first, "time_running"), "0s");
    assert.equal(data.length, 34);
  });

  it("reads folders with links that lead elsewhere, which lead to what its image has (W-158)", async () => {
    const folder = await temporaryFolder();
    try {
      await symlink("/etc/passwd", join(folder.path, "people"));
      await symlink("/nothing", join(folder.path, "broken"));
      await writeFile(join(folder.path, "file"), "a file");
      const uploaded = await cl("upload", folder.path, "-n", "links");
      const uuid = await run(`in:${uploaded}`, "cat in/file in/people; readlink in/broken");
      assert.equal(await ended(uuid), "ready");
      assert.match(await cl("cat", `${uuid}/stdout`), /^a fileroot:[^]*\n\/nothing$/);
    } finally {
      await folder.remove();
    }
  });

  it("shows its files while it runs, takes what is written, and keeps them when it is killed (W-124, W-125, W-126)", async () => {
    const uuid = await run(
      "echo begun; mkdir d; echo inside > d/f; until [ -s go ]; do sleep 0.1; done; cat go; sleep 600",
    );
    await waitFor(
      "its output",
      async () => (await client.run("cat", `${uuid}/stdout`)).stdout === "begun\n",
      patienceMs,
    );
    assert.equal(await cl("cat", `${uuid}/d/f`), "inside");
    assert.equal(await cl("cat", "--head", "1", `${uuid}/stdout`), "begun");
    assert.match(await cl("cat", uuid), /^d .*dir$/m);
    assert.match(await cl("workers"), /^worker_id/);
    assert.equal((await client.run("write", `${uuid}/no/where`, "x")).code, 1);
    await cl("write", `${uuid}/go`, "written");
    await waitFor("the answer", async () => (await cl("cat", `${uuid}/stdout`)) === "begun\nwritten", patienceMs);
    await cl("kill", uuid);
    assert.equal(await ended(uuid), "killed");
    assert.equal(await info(uuid, "failure_message"), "Kill requested");
    assert.match(await info(uuid, "actions"), /write\\tgo\\twritten.*kill/);
    assert.equal(await cl("cat", `${uuid}/stdout`), "begun\nwritten");
    assert.equal((await client.run("kill", uuid)).code, 1);
  });

  it("answers messages and requests on its ports, without a network too, to those who may (W-160, W-161)", async () => {
    const listens = await run("--request-memory", "64m", "echo hello > hello.txt; python3 -m http.server");
    const url = `${platform.url}/rest/bundles/${listens}/netcurl/8000`;
    await waitFor("the program to listen", async () => (await fetch(`${url}/hello.txt`)).status === 200, patienceMs);
    const page = await fetch(`${url}/hello.txt`);
    assert.equal(await page.text(), "hello\n");
    assert.equal(page.headers.get("content-security-policy"), "sandbox");
    assert.equal((await fetch(`${url}/none`)).status, 404);
    assert.match(await (await fetch(`${url}/`)).text(), /hello\.txt/);
    const posted = await fetch(`${url}/`, { method: "POST", body: "x" });
    assert.equal(posted.status, 401);
    const message = "GET /hello.txt HTTP/1.0\r\n\r\n";
    const sent = async (port: string) => client.run("netcat", listens, port, "---", message);
    // `cl` puts quotes around what it sends.
    assert.match((await sent("8000")).stdout, /^HTTP\/1\.0|^<!DOCTYPE/);
    const { code, stderr } = await sent("8001");
    assert.equal(code, 1);
    assert.match(stderr, /Nothing listens on port 8001 of the run\./);
    await cl("kill", listens);
    assert.equal(await ended(listens), "killed");
    assert.equal((await fetch(`${url}/hello.txt`)).status, 403);
  });

  it("says how it failed, in the reference's words (W-123)", async () => {
    const exits = await run("exit 3");
    const slow = await run("--request-time", "1s", "sleep 600");
    const large = await run("--request-disk", "2m", "head -c 30000000 /dev/zero > f; sleep 600");
    const hungry = await run("--request-memory", "30m", "python3 -c 'x = bytearray(10**9)'");
    assert.equal(await ended(exits), "failed");
    assert.deepEqual([await info(exits, "failure_message"), await info(exits, "exitcode")], ["Exit code 3", "3"]);
    await ended(slow);
    assert.match(
      await info(slow, "failure_message"),
      /^Time limit exceeded\. \(Container uptime .* > time limit 1\.0s\)$/,
    );
    await ended(large);
    assert.equal(await info(large, "failure_message"), "Disk limit 2mb exceeded.");
    await ended(hungry);
    assert.equal(await info(hungry, "failure_message"), "Memory limit 30m exceeded.");
  });

  it("waits while its owner has as many runs going as may run at once, and says so (W-129)", async () => {
    const runs = [];
    for (let at = 0; at < 4; at++) runs.push(await run("sleep 600"));
    const last = runs.at(-1)!;
    await waitFor("the reason", async () => (await info(last, "staged_status")).includes("owner's 3 runs"), patienceMs);
    await cl("kill", ...runs.slice(0, 3));
    await waitFor("the last to run", async () => (await info(last, "state")) === "running", patienceMs);
    await cl("kill", last);
    assert.equal(await ended(last), "killed");
  });

  it("waits for what it depends on, and fails with it unless it is told not to, or no such queue is its owner's (W-127, W-130)", async () => {
    const bad = await run("exit 1");
    const child = await run(`a:${bad}`, "cat a/stdout");
    const tolerant = await run(`a:${bad}`, "ls a/stdout", "--allow-failed-dependencies");
    assert.equal(await ended(child), "failed");
    assert.match(await info(child, "failure_message"), new RegExp(`Parent bundles failed: ${bad}`));
    assert.equal(await ended(tolerant), "ready");
    const other = await run("--request-queue", "nobody's", "true");
    assert.equal(await ended(other), "failed");
    assert.match(await info(other, "failure_message"), /There is no queue "nobody's"/);
  });

  it("is waited for, copied with its inputs, and remembered (W-128)", async () => {
    const source = await cl("upload", "-c", "1", "-n", "number");
    const uuid = await run(`n:${source}`, "cat n", "-n", "double");
    // It ends with exit code 0 only when the run is ready.
    await cl("wait", uuid);
    assert.equal(await info(uuid, "state"), "ready");
    assert.equal(await run(`n:${source}`, "cat n", "-m"), uuid);
    const changed = await cl("upload", "-c", "2", "-n", "number");
    const copy = (await cl("mimic", source, uuid, changed)).split("\n").at(-1)!;
    assert.equal(await ended(copy), "ready");
    assert.equal(await cl("cat", `${copy}/stdout`), "2");
  });

  it("do what a canary does (W-177)", async () => {
    const { token } = await platform.newPerson();
    const worksheets = new WorksheetsClient(platform.url, () => Promise.resolve(token));
    const options = { image: testImage, seconds: patienceMs / 1000, signal: null };
    const { ok, steps } = await runCanary(worksheets, options);
    assert.deepEqual(
      [ok, steps.map(({ step }) => step)],
      [true, ["upload", "cat", "run", "wait", "remove"]],
      JSON.stringify(steps),
    );
  });
});
