import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, it } from "@jest/globals";
import pg from "pg";
import { startDatabase } from "../../local/database.ts";
import { assertRefused, send } from "../support/http.ts";
import { noSmallDisk, smallDisk } from "../support/small-disk.ts";
import type { SmallDisk } from "../support/small-disk.ts";
import { waitFor } from "../support/wait.ts";
import { killAll, start } from "../e2e/started.ts";

const password = "a password of the test";
const skipped = noSmallDisk === null ? describe : describe.skip;

skipped("a platform whose disk is full", () => {
  const disks: SmallDisk[] = [];
  afterAll(async () => {
    await killAll();
    for (const disk of disks) await disk.remove();
  });
  const newDisk = async (megabytes: number) => {
    const disk = await smallDisk(megabytes);
    disks.push(disk);
    return disk;
  };

  it("answers 503 with DISK_FULL, goes on, and works again when there is space (R-146)", async () => {
    const disk = await newDisk(400);
    const home = join(disk.path, "home");
    const platform = start({ BENCHSTACK_HOME: home, BENCHSTACK_ADMIN_PASSWORD: password });
    const url = await platform.url();
    const post = <Body = Record<string, unknown>>(path: string, json: object, authorization?: string) =>
      send<Body>("POST", url + path, { authorization, content: { json } });
    const login = await post<{ token: string }>("/api/api-token-auth/", { username: "admin", password });
    const authorization = `Token ${login.body.token}`;
    const file = { type: "input_data", request_sassy_file_name: "data.zip", file_size: 2000 };
    const newUpload = () => post<{ sassy_url: string }>("/api/datasets/", file, authorization);
    const put = (address: string) => fetch(address, { method: "PUT", body: Buffer.alloc(2000) });

    const upload = (await newUpload()).body.sassy_url;
    await disk.fill();
    const tooLate = await put(upload);
    assert.equal(tooLate.status, 507);
    assert.match(await tooLate.text(), /<Code>InsufficientStorage<\/Code>/);
    // Postgres goes on in the files that it has, until it needs another one.
    let refused = await newUpload();
    for (let tries = 0; refused.status === 201 && tries < 3000; tries += 1) refused = await newUpload();
    assertRefused(refused, 503, "DISK_FULL", /no disk space left/);
    assert.equal(refused.headers.get("retry-after"), "5");

    await disk.relieve();
    const later = await waitFor(
      "a request that works",
      async () => {
        const { status, body } = await newUpload();
        return status === 201 && body.sassy_url;
      },
      60_000,
    );
    for (const address of [upload, later]) assert.equal((await put(address)).status, 200);
    const log = await readFile(join(home, "logs/platform.log"), "utf8");
    assert.match(log, /"event":"log.dropped","count":\d+/);
    platform.interrupt();
    assert.equal(await platform.exitCode(), 0, platform.output());
  });

  it("has its Postgres started again after that ended because it could not write its log", async () => {
    const disk = await newDisk(300);
    const database = await startDatabase(join(disk.path, "database"));
    const query = async (...statements: string[]) => {
      const client = new pg.Client({ connectionString: database.connectionString });
      // The connection breaks when the server ends.
      client.on("error", () => undefined);
      try {
        await client.connect();
        for (const statement of statements) await client.query(statement);
        return true as const;
      } finally {
        await client.end().catch(() => undefined);
      }
    };
    // Each update writes a few megabytes of log, and the table finds its space in what the vacuum has freed.
    const update = () => query("update t set x = repeat(md5(random()::text), 50)", "vacuum t");
    await query("create table t (x text)", "insert into t select repeat('x', 1600) from generate_series(1, 3000)");
    for (let round = 0; round < 3; round += 1) await update();
    await disk.fill();
    const hasEnded = async () => {
      const error = await update().catch((thrown: pg.DatabaseError) => thrown);
      if (error !== true) assert.equal(error.code, "53100");
      return error !== true && error.severity === "PANIC";
    };
    await waitFor("Postgres to end", hasEnded, 60_000);
    await assert.rejects(update());
    await disk.relieve();
    await waitFor("Postgres to work again", update, 60_000);
    await database.close();
  });

  it("does not start, and says why in a sentence", async () => {
    const disk = await newDisk(70);
    await disk.fill();
    const platform = start({ BENCHSTACK_HOME: disk.path });
    assert.equal(await platform.exitCode(), 1);
    assert.match(platform.output(), /cannot be used: its disk is full\.\n$/);
  });
});
