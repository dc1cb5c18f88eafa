/** A platform behind a reverse proxy: one port of it serves the API, files and the queues of organizers' workers. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { bundleFiles, publishCompetition, submit } from "../support/competitions.ts";
import { repository, temporaryFolder } from "../support/files.ts";
import { freePort } from "../support/free-port.ts";
import { ended, personOf } from "../support/platform.ts";
import { copyPgliteDatabase } from "../support/pglite.ts";
import { waitFor } from "../support/wait.ts";
import type { Person } from "../support/platform.ts";
import { killAll, start, type Started } from "./started.ts";

describe("a platform behind a proxy that passes one port and its own host", () => {
  let home: Awaited<ReturnType<typeof temporaryFolder>>;
  let admin: Person;
  let publicUrl: string;
  let run: Started;
  let worker: ChildProcess | undefined;
  const proxy = createServer((request, response) => {
    const headers = { ...request.headers, host: `127.0.0.1:${port}` };
    const passed = ask({ port, host: "127.0.0.1", method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passed.once("error", () => response.destroy());
    response.once("close", () => passed.destroy());
    request.pipe(passed);
  });
  let port: number;

  beforeAll(async () => {
    home = await temporaryFolder();
    await copyPgliteDatabase(join(home.path, "database"));
    port = await freePort();
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    publicUrl = `http://localhost:${(proxy.address() as AddressInfo).port}`;
    run = start({
      BENCHSTACK_HOME: home.path,
      BENCHSTACK_ADMIN_PASSWORD: "password of the test",
      BENCHSTACK_PUBLIC_URL: publicUrl,
      PORT: String(port),
    });
    assert.equal(await run.url(), publicUrl);
    assert.match(run.output(), /^WARNING: Programs run in a sandbox.*not safe for code that you do not trust/m);
    admin = await personOf(publicUrl, "admin", "password of the test");
  });
  afterAll(async () => {
    worker?.kill("SIGKILL");
    await killAll();
    proxy.closeAllConnections();
    proxy.close();
    await home.remove();
  });

  /** Submits to a new competition and waits for the score. */
  async function score(bundle: Record<string, unknown>): Promise<void> {
    const competition = await publishCompetition(admin, bundleFiles(bundle));
    const id = await submit(admin, competition.phases[0]!.id, { "answer.txt": "0.5" });
    const { status, status_details } = await ended(admin, id);
    assert.deepEqual([status, status_details], ["Finished", null]);
    const { data_file } = await admin.client.request<{ data_file: string }>(
      "GET",
      `/api/submissions/${id}/get_details/`,
    );
    assert.ok(data_file.startsWith(`${publicUrl}/benchstack-`), data_file);
    assert.equal((await fetch(data_file)).status, 200);
  }

  it("listens on this machine only, with all its parts", async () => {
    await run.worker();
    assert.deepEqual([...new Set(run.listening())], ["127.0.0.1"]);
  });

  it("takes uploads, runs them with its own worker, and gives files", () => score({}));

  it("serves a worker elsewhere, which ends when its queue is deleted", async () => {
    const { body: queue } = await admin.send<{ id: string }>("POST", "/api/queues/", { json: { name: "elsewhere" } });
    const { body } = await admin.send<{ token: string }>("POST", `/api/queues/${queue.id}/tokens/`, { json: {} });
    worker = spawn(process.execPath, [join(repository, "worker-image/main.ts")], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        BENCHSTACK_API_URL: publicUrl,
        BENCHSTACK_WORKER_TOKEN: body.token,
        BENCHSTACK_WORKER_HOME: join(home.path, "elsewhere"),
        BENCHSTACK_LAUNCHER: "sandbox",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const printed = text(worker.stdout!);
    await score({ queue: queue.id });
    await waitFor("the queue to be idle", async () => {
      const { status } = await admin.send("DELETE", `/api/queues/${queue.id}/`);
      return status === 204;
    });
    await once(worker, "exit");
    assert.equal(worker.exitCode, 2);
    assert.match(await printed, /BENCHSTACK_WORKER_TOKEN is not valid any more/);
  });
});
