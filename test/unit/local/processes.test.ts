import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { writeLogTo } from "../../../lambdas/kernel/log.ts";
import { listen } from "../../../gateway/listen.ts";
import { startWorkerProcess } from "../../../local/worker-process.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";

describe("what the platform on one machine starts", () => {
  const lines: string[] = [];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    writeLogTo((_, line) => void lines.push(line));
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  it("a server that cannot accept a connection goes on, however often that happens (A-154)", async () => {
    const server = createServer((_, response) => response.end("still here"));
    const port = await listen(server, 0, "127.0.0.1");
    for (let time = 0; time < 3; time++)
      server.emit("error", Object.assign(new Error("accept EMFILE"), { code: "EMFILE" }));
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), "still here");
    assert.equal(lines.filter((line) => line.includes("server.failed")).length, 3);
    await assert.rejects(listen(createServer(), port, "127.0.0.1"), { code: "EADDRINUSE" });
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  it("a worker process that cannot be started is tried again (A-154)", async () => {
    const { execPath } = process;
    process.execPath = `${folder.path}/no-such-program`;
    const worker = await startWorkerProcess({}, { logs: folder.path });
    try {
      await waitFor("two tries", () => lines.filter((line) => line.includes("worker.unstarted")).length >= 2, 60_000);
      process.execPath = execPath;
      await waitFor("the worker process", () => worker.pid, 60_000);
    } finally {
      process.execPath = execPath;
      await worker.stop();
    }
  });
});
