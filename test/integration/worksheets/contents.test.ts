/** The contents of bundles: uploads, downloads, and bundles that are made from others. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { startStalledBundles } from "../../../lambdas/worksheets/service/start-bundles.ts";
import { findFiles } from "../../../lambdas/worksheets/service/bundle-files.ts";
import { endAbandonedContents } from "../../../lambdas/worksheets/service/contents/release.ts";
import { waitFor } from "../../support/wait.ts";
import { zip } from "../../support/zip.ts";
import { newBundle, openRestLab, type Client, type RestLab } from "./rest-lab.ts";

describe("the contents of bundles", () => {
  let lab: RestLab;
  let [alice, bob]: Client[] = [];
  let worksheet: string;
  beforeAll(async () => {
    lab = await openRestLab();
    [alice, bob] = [await lab.newClient(), await lab.newClient()];
    worksheet = await alice!.worksheet("of-contents");
  });
  afterAll(() => lab.close());

  const blob = (uuid: string, path = "") => `${lab.url}/rest/bundles/${uuid}/contents/blob/${path}`;
  const headers = (client: Client, more: Record<string, string> = {}) => ({
    authorization: `Bearer ${client.access}`,
    ...more,
  });
  const get = (uuid: string, path = "", more: Record<string, string> = {}, client = alice!) =>
    fetch(blob(uuid, path), {
      headers: headers(client, { "accept-encoding": "identity", ...more }),
      redirect: "manual",
    });
  const put = (uuid: string, query: string, body: Buffer | string, client = alice!) =>
    fetch(`${blob(uuid)}?finalize_on_failure=1&${query}`, {
      method: "PUT",
      headers: headers(client),
      body: typeof body === "string" ? body : new Uint8Array(body),
    });
  const stateOf = async (uuid: string) => {
    const { attributes } = (await alice!.ask("GET", `bundles/${uuid}`)).data[0]!;
    return { state: attributes["state"], metadata: attributes["metadata"] as Record<string, unknown> };
  };
  const used = async () => Number((await alice!.ask("GET", "user")).data[0]!.attributes["disk_used"]);
  const info = async (uuid: string, path = "", depth = 1) => {
    const answer = await alice!.send("GET", `bundles/${uuid}/contents/info/${path}?depth=${depth}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body["data"] as Record<string, unknown> & { contents?: { name: string }[] };
  };
  async function uploaded(name: string, body: Buffer | string, query = `filename=${encodeURIComponent(name)}`) {
    const uuid = await alice!.bundle(worksheet, "b");
    const answer = await put(uuid, query, body);
    assert.equal(answer.status, 200, await answer.text());
    return uuid;
  }
  /** How many contents no bundle refers to, of all bundles or of one. */
  const left = async (uuid: string | null = null) => {
    const { rows } = await sql`select from bundle_contents c join bundles b on b.id = c.bundle_id
      where b.content_key is null and b.uuid = coalesce(${uuid}, b.uuid)`.execute(lab.inside.db);
    return rows.length;
  };
  const tarGz = (script: string) => {
    const make = `d=$(mktemp -d) && cd $d && ${script} && tar czf - . && rm -r $d`;
    return execFileSync("bash", ["-ec", make], { maxBuffer: 64 * 1024 ** 2 });
  };

  it("are a file as it came, of which any part can be read (W-50, W-55)", async () => {
    const before = await used();
    const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join("");
    const uuid = await uploaded("a.txt", lines);
    assert.equal((await stateOf(uuid)).state, "ready");
    assert.equal(await used(), before + lines.length);
    const whole = await get(uuid);
    assert.equal(await whole.text(), lines);
    assert.deepEqual(
      [
        "content-type",
        "content-encoding",
        "target-type",
        "x-codalab-target-size",
        "content-length",
        "content-security-policy",
      ].map((name) => whole.headers.get(name)),
      ["text/plain", "identity", "file", String(lines.length), String(lines.length), "sandbox"],
    );
    const range = await get(uuid, "", { range: "bytes=5-14" });
    assert.deepEqual([range.status, await range.text()], [200, lines.slice(5, 15)]);
    assert.equal(await (await get(uuid, "", { range: "bytes=999999-" })).text(), "");
    const part = await get(uuid, "?head=2&tail=1&max_line_length=10&truncation_text=...%0A");
    assert.equal(await part.text(), "line 0\nline 1\n...\nline 999\n");
    assert.equal((await info(uuid))["name"], uuid);
    assert.equal((await put(uuid, "filename=a.txt", "again")).status, 403);
    await alice!.ask("DELETE", "bundles", { data: [{ type: "bundles", id: uuid }] });
    assert.equal(await used(), before);
    const { rows } =
      await sql`select from bundle_contents c join bundles b on b.id = c.bundle_id where b.uuid = ${uuid}`.execute(
        lab.inside.db,
      );
    assert.equal(rows.length, 0);
  });

  it("are a folder from each kind of archive, of which any file can be read (W-51, W-53, W-56, W-62)", async () => {
    const script = "mkdir sub && echo text > sub/f.txt && seq 400000 > big && ln -s /etc/passwd out && touch .DS_Store";
    const archive = tarGz(script);
    const uuid = await uploaded("d.tar.gz", archive);
    const listed = (await info(uuid)).contents!.map(({ name }) => name);
    assert.deepEqual(listed, ["big", "out", "sub"]);
    const numbers = Array.from({ length: 400_000 }, (_, i) => `${i + 1}\n`).join("");
    assert.equal(await (await get(uuid, "big")).text(), numbers);
    assert.equal(
      await (await get(uuid, "big", { range: "bytes=2000000-2000019" })).text(),
      numbers.slice(2_000_000, 2_000_020),
    );
    assert.equal((await info(uuid, "out"))["link"], "/etc/passwd");
    assert.deepEqual(await info(uuid, "sub").then(({ size, contents }) => [size, contents!.length]), [0, 1]);
    await alice!.refused(400, "INVALID", "GET", `bundles/${uuid}/contents/info/?depth=101`);
    assert.equal((await get(uuid, "out")).status, 403);
    assert.equal((await get(uuid, "out/x")).status, 404);
    assert.equal((await get(uuid, "..%2f..%2fx")).status, 404);
    assert.equal((await get(uuid, "", { range: "bytes=0-1" })).status, 400);
    const down = await get(uuid);
    assert.equal(down.headers.get("content-disposition"), 'attachment; filename="b.tar.gz"');
    const names = execFileSync("tar", ["tzf", "-"], { input: Buffer.from(await down.arrayBuffer()) })
      .toString()
      .split("\n");
    assert.deepEqual(names.filter((name) => name !== "").sort(), ["big", "out", "sub/", "sub/f.txt"]);
    const zipped = await uploaded("d.zip", await zip({ "dir/a.txt": "in a zip" }));
    assert.equal(await (await get(zipped, "dir/a.txt")).text(), "in a zip");
    const packed = await uploaded("d.tar.gz", archive, "filename=d.tar.gz&unpack=0");
    assert.deepEqual(Buffer.from(await (await get(packed)).arrayBuffer()), archive);
    const single = await uploaded("a.txt.gz", gzipSync("one file"));
    assert.equal(await (await get(single)).text(), "one file");
    const compressed = await get(single, "", { "accept-encoding": "gzip" });
    assert.equal(compressed.headers.get("content-encoding"), "gzip");
    assert.equal(await compressed.text(), "one file");
  });

  it("are refused with a reason, and then the bundle has failed and nothing is stored (W-52, W-61)", async () => {
    const before = await used();
    for (const [name, body, reason] of [
      ["x.tar.gz", "no archive", /Upload failed: The archive is no gzip file/],
      ["x.tar.gz", gzipSync("no tar".repeat(200)), /is not a tar archive/],
      ["x.zip", "no zip", /is not a zip/],
      ["x.bz2", "no bzip2", /is no bzip2 file/],
    ] as const) {
      const uuid = await alice!.bundle(worksheet, "bad");
      const answer = await put(uuid, `filename=${name}`, body as string);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), reason);
      const { state, metadata } = await stateOf(uuid);
      assert.equal(state, "failed");
      assert.match(String(metadata["failure_message"]), reason);
    }
    assert.equal(await left(), 0);
    assert.equal(await used(), before);
    const uuid = await alice!.bundle(worksheet, "x");
    assert.match(await (await put(uuid, "urls=https://example.org/x.git&git=1", "")).text(), /does not clone/);
    for (const url of [
      "http://example.org/x",
      "https://127.0.0.1/x",
      "https://169.254.169.254/latest",
      "file:///etc/passwd",
      "nonsense",
    ]) {
      const other = await alice!.bundle(worksheet, "x");
      const answer = await put(other, `urls=${encodeURIComponent(url)}`, "");
      assert.deepEqual([answer.status, answer.headers.get("x-error-code")], [400, "URL_REFUSED"]);
    }
  });

  it("stop at the quota of the owner (W-54)", async () => {
    const carol = await lab.newClient();
    await sql`update users set storage_quota_bytes = 1000 where username = ${carol.username}`.execute(lab.inside.db);
    const uuid = await carol.bundle(await carol.worksheet("of-carol"), "b");
    const answer = await put(uuid, "filename=b", "x".repeat(5000), carol);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /disk quota exceeded/);
    assert.equal((await carol.ask("GET", "user")).data[0]!.attributes["disk_used"], 0);
  });

  it("stop at a number of files that grows with the quota, though empty ones store nothing (W-204)", async () => {
    const dora = await lab.newClient();
    await sql`update users set storage_quota_bytes = ${1_100 * 4096} where username = ${dora.username}`.execute(
      lab.inside.db,
    );
    const sheet = await dora.worksheet("of-dora");
    const empty = (count: number) => tarGz(`mkdir d && cd d && touch $(seq ${count})`);
    const upload = async (count: number) => put(await dora.bundle(sheet, "b"), "filename=d.tar.gz", empty(count), dora);
    assert.equal((await upload(600)).status, 200);
    const refused = await upload(600);
    assert.deepEqual([refused.status, refused.headers.get("x-error-code")], [400, "QUOTA_EXCEEDED"]);
    assert.match(
      await refused.text(),
      /disk quota exceeded: bundles would have 12\d\d files and folders, and may have 1100/,
    );
    // What was refused counts no more.
    assert.equal((await upload(400)).status, 200);
    assert.equal((await dora.ask("GET", "user")).data[0]!.attributes["disk_used"], 0);
  });

  it("end as whoever uploads them says, by whoever may do all, and once (W-206)", async () => {
    const [good, bad] = [await alice!.bundle(worksheet, "b"), await alice!.bundle(worksheet, "b")];
    await bob!.refused(403, "NOT_ALLOWED", "POST", `bundles/${good}/state?success=1`);
    const { data } = await alice!.ask("POST", `bundles/${good}/state?success=1`);
    assert.deepEqual([data[0]!.id, data[0]!.attributes["state"]], [good, "ready"]);
    await alice!.ask("POST", `bundles/${bad}/state?success=0&error_msg=lost`);
    const { state, metadata } = await stateOf(bad);
    assert.deepEqual([state, metadata["failure_message"]], ["failed", "lost"]);
    await alice!.refused(403, "FINAL", "POST", `bundles/${bad}/state?success=1`);
    const make = await alice!.bundle(worksheet, "m", { type: "run", command: "true" });
    await alice!.refused(400, "NOT_UPLOADING", "POST", `bundles/${make}/state?success=1`);
  });

  it("are read by whom the bundle is read by, and written by whom may do all (W-57)", async () => {
    const uuid = await uploaded("a", "public");
    assert.equal(await (await get(uuid, "", {}, bob)).text(), "public");
    assert.equal(await (await get(uuid, "", { authorization: "" }, lab.nobody)).text(), "public");
    const waiting = await alice!.bundle(worksheet, "w");
    assert.equal((await put(waiting, "filename=x", "x", bob)).status, 403);
    assert.equal((await fetch(`${blob(waiting)}?filename=x`, { method: "PUT", body: "x" })).status, 401);
  });

  it("take the requests of cl: a whole address, chunks, and zeros while it waits (W-58)", async () => {
    const uuid = await alice!.bundle(worksheet, "raw");
    const { host, hostname, port } = new URL(lab.url);
    const socket = connect(Number(port), hostname);
    const target = `${blob(uuid)}?filename=a.txt&finalize_on_success=1`;
    socket.write(
      `PUT ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${alice!.access}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    for (let i = 0; i < 10; i += 1) socket.write(`5\r\nchunk\r\n`);
    socket.write("0\r\n\r\n");
    socket.write(Buffer.alloc(3));
    assert.match(await text(socket), /^HTTP\/1.1 200 OK\r\n/);
    assert.equal(await (await get(uuid)).text(), "chunk".repeat(10));
  });

  it("are streamed by the gateway of a deployment, with the rights that it has there (W-58, W-200, W-202)", async () => {
    const gateway = spawn(process.execPath, ["gateway/main.ts"], {
      env: {
        ...process.env,
        GATEWAY_PORT: "0",
        STREAMS_CONTENTS: "bundles",
        DATABASE_URL: `${process.env.DATABASE_URL}?options=-c%20role%3Dbenchstack_gateway`,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const lines = createInterface(gateway.stdout);
      const logged: Record<string, unknown>[] = [];
      lines.on("line", (line) => logged.push(JSON.parse(line) as Record<string, unknown>));
      const event = (name: string) =>
        waitFor(name, () => Promise.resolve(logged.find((line) => line["event"] === name)));
      const port = Number((await event("gateway.started"))["port"]);
      const at = `http://127.0.0.1:${port}`;
      const path = (uuid: string) => `/rest/bundles/${uuid}/contents/blob/`;
      /** An upload as `cl` sends it, whose body ends later. */
      const upload = (uuid: string, name: string, body: Buffer) => {
        const socket = connect(port, "127.0.0.1");
        socket.write(
          `PUT ${lab.url}${path(uuid)}?filename=${name}&finalize_on_success=1 HTTP/1.1\r\nHost: bench.example.org\r\n` +
            `Authorization: Bearer ${alice!.access}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`,
        );
        socket.write(Buffer.concat([body, Buffer.from("\r\n")]));
        return {
          end: () => (socket.write(Buffer.concat([Buffer.from("0\r\n\r\n"), Buffer.alloc(3)])), text(socket)),
        };
      };
      const folder = await alice!.bundle(worksheet, "folder");
      assert.match(await upload(folder, "d.tar.gz", tarGz("echo abcdef > f")).end(), /^HTTP\/1.1 200 OK\r\n/);
      const carried = { "x-benchstack-range": "bytes=1-3", "accept-encoding": "identity" };
      const part = await fetch(`${at}${path(folder)}f`, { headers: carried });
      assert.deepEqual([part.status, await part.text()], [200, "bcd"]);
      const whole = await fetch(at + path(folder), { headers: headers(bob!) });
      assert.equal(whole.headers.get("content-type"), "application/gzip");
      assert.ok((await whole.arrayBuffer()).byteLength > 0);
      const bad = await alice!.bundle(worksheet, "bad");
      assert.match(await upload(bad, "x.tar.gz", Buffer.from("none")).end(), /^HTTP\/1.1 400 [^]*is no gzip file/);
      assert.equal((await fetch(`${at}/health`)).status, 200);
      assert.equal((await fetch(`${at}/rest/worksheets/`)).status, 404);
      const none = `0x${"0".repeat(32)}`;
      const nothing = await fetch(at + path(none), { headers: headers(alice!) });
      assert.deepEqual([nothing.status, await nothing.text()], [404, `Bundle ${none} not found`]);

      const late = await alice!.bundle(worksheet, "late");
      const begun = upload(late, "a.txt", Buffer.from("in the end"));
      await waitFor("the upload has begun", async () => (await left(late)) > 0);
      gateway.kill("SIGTERM");
      await event("gateway.stopping");
      await assert.rejects(fetch(`${at}/health`));
      assert.match(await begun.end(), /^HTTP\/1.1 200 OK\r\n/);
      if (gateway.exitCode === null) await once(gateway, "exit");
      assert.equal(gateway.exitCode, 0);
      assert.equal(await (await get(late)).text(), "in the end");
    } finally {
      gateway.kill("SIGKILL");
    }
  });

  it("are refused with the option's name where nothing streams them, except whole files (W-201)", async () => {
    const file = await uploaded("a.txt", "of a file");
    const folder = await uploaded("d.tar.gz", tarGz("echo abc > f"));
    const handle = async (method: string, path: string, query = "") => {
      const { handler } = await import("../../../lambdas/functions/api/worksheets.ts");
      const event = {
        ...{ version: "2.0", routeKey: "$default", rawPath: path, rawQueryString: query, isBase64Encoded: false },
        headers: { authorization: `Bearer ${alice!.access}` },
        requestContext: { requestId: "r", http: { method, sourceIp: "127.0.0.1" } },
      };
      return handler(event as never, { awsRequestId: "f" } as never);
    };
    const { environment } = lab.inside;
    Object.assign(environment, { STREAMS_CONTENTS: "nothing" });
    try {
      const path = (uuid: string, name = "") => `/rest/bundles/${uuid}/contents/blob/${name}`;
      for (const [method, where, query] of [
        ["PUT", path(file), "filename=b.txt"],
        ["GET", path(folder), "support_redirect=1"],
        ["GET", path(folder, "f"), "support_redirect=1"],
        ["GET", path(file), ""],
        ["GET", path(file), "support_redirect=1&head=2"],
      ] as const) {
        const { statusCode, body } = await handle(method, where, query);
        assert.equal(statusCode, 403, where);
        assert.match(body!, /worksheets\.gatewayTasks/);
      }
      assert.equal((await handle("GET", path(file, "no/such/path"), "support_redirect=1")).statusCode, 404);
      const { statusCode, headers: answered } = await handle("GET", path(file), "support_redirect=1");
      assert.equal(statusCode, 303);
      assert.equal(await (await fetch(String(answered!["location"]))).text(), "of a file");
      await alice!.refused(
        403,
        "NO_GATEWAY",
        "POST",
        `bundles?worksheet=${worksheet}&wait_for_upload=1`,
        newBundle("dataset", "b"),
      );
      await alice!.bundle(worksheet, "m", { type: "make", dependencies: [] });
    } finally {
      Object.assign(environment, { STREAMS_CONTENTS: "everything" });
    }
  });

  it("are made from parts of other bundles, and stay when those are gone (W-59)", async () => {
    const file = await uploaded("a.txt", "of a file");
    const folder = await uploaded("d.tar.gz", tarGz("mkdir s && echo deep > s/f && ln -s f s/link"));
    const make = async (dependencies: object[]) => {
      const uuid = await alice!.bundle(worksheet, "m", { type: "make", dependencies });
      await waitFor("the bundle is made", async () =>
        ["ready", "failed"].includes(String((await stateOf(uuid)).state)),
      );
      return uuid;
    };
    const from = (child_path: string, parent_uuid: string, parent_path = "") => ({
      child_path,
      parent_uuid,
      parent_path,
    });
    const before = await used();
    const made = await make([from("one", file), from("two", folder, "s")]);
    assert.deepEqual(await stateOf(made).then(({ state, metadata }) => [state, metadata["data_size"]]), ["ready", 14]);
    assert.equal(await used(), before + 14);
    assert.equal(await (await get(made, "one")).text(), "of a file");
    assert.equal(await (await get(made, "two/f")).text(), "deep\n");
    assert.equal((await info(made, "two/link"))["link"], "f");
    const same = await make([from("", folder)]);
    await alice!.ask("DELETE", "bundles?force=1", { data: [{ type: "bundles", id: folder }] });
    assert.equal(await (await get(same, "s/f")).text(), "deep\n");
    assert.equal((await info(same, "s/f"))["resolved_target"] !== undefined, true);
    const missing = await make([from("x", file, "nothing")]);
    assert.equal((await stateOf(missing)).state, "failed");
    // What a run depends on is reached through its key.
    const run = await alice!.bundle(worksheet, "r", {
      type: "run",
      command: "x",
      dependencies: [from("in/put", file)],
    });
    assert.deepEqual((await info(run, "in/put"))["resolved_target"], { bundle_uuid: file, subpath: "" });
    assert.equal(await (await get(run, "in/put")).text(), "of a file");
  });

  it("do not wait forever for an upload or a make whose process has ended (W-60)", async () => {
    const { db } = lab.inside;
    const parent = await uploaded("a", "of the parent");
    const waiting = await alice!.bundle(worksheet, "w");
    const make = await alice!.bundle(worksheet, "m", {
      type: "make",
      dependencies: [{ child_path: "x", parent_uuid: parent, parent_path: "" }],
    });
    const ended = async (uuid: string) => ["ready", "failed"].includes(String((await stateOf(uuid)).state));
    await waitFor("the bundle is made", () => ended(make));
    await sql`update bundles set state = 'making', content = null, content_key = null where uuid = ${make}`.execute(db);
    await sql`insert into bundle_contents (bundle_id, object_key) select id, 'bundles/lost' from bundles where uuid = ${waiting}`.execute(
      db,
    );
    await sql`update bundle_contents c set alive_when = now() - interval '1 hour' from bundles b
      where b.id = c.bundle_id and b.uuid in (${waiting}, ${make})`.execute(db);
    await endAbandonedContents(lab.inside);
    assert.equal((await stateOf(waiting)).state, "failed");
    assert.equal((await stateOf(make)).state, "created");
    await sql`update bundles set changed_when = now() - interval '1 hour' where uuid = ${make}`.execute(db);
    await startStalledBundles(lab.inside);
    await waitFor("the bundle is made again", () => ended(make));
    assert.equal(await (await get(make, "x")).text(), "of the parent");
  });

  it("are read for many bundles at once (W-63)", async () => {
    const folder = await uploaded("d.tar.gz", tarGz("echo '{\"a\": 1}' > stats.json"));
    const file = await uploaded("a.txt", "0123456789");
    const wanted = [
      { uuid: file, path: "" },
      { uuid: folder, path: "stats.json" },
      { uuid: folder, path: "missing" },
    ];
    const found = await findFiles(lab.inside, { kind: "anonymous" }, wanted);
    const read = found.map(async (one) =>
      one.kind === "file" ? [(await one.read(4)).toString(), one.size] : one.kind,
    );
    assert.deepEqual(await Promise.all(read), [["0123", 10], ['{"a"', 9], "missing"]);
  });
});
