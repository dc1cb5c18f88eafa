import assert from "node:assert/strict";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { ApiClient } from "../../../client/api-client.ts";
import { listen } from "../../../gateway/listen.ts";

describe("following a submission", () => {
  let onRequest: () => unknown = () => {};
  const statuses: number[] = [];
  /** Answers before the last one. */
  const waiting: object[] = [];
  const server = createServer((_, response) => {
    const status = statuses.shift() ?? 200;
    onRequest();
    if (status === 0) return void response.socket?.destroy();
    response.writeHead(status, { "content-type": "application/json" });
    const found = waiting.shift() ?? { status: "Finished" };
    response.end(JSON.stringify(status === 200 ? found : { code: "UNAVAILABLE", detail: "Not now." }));
  });
  let client: ApiClient;
  beforeAll(async () => {
    client = new ApiClient(`http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("goes on after the platform was not available for a moment (A-153)", async () => {
    statuses.push(503, 0, 504, 200);
    assert.equal((await client.waitForSubmission(1)).status, "Finished");
    assert.deepEqual(statuses, []);
  });

  it("asks no sooner than the platform says (A-318)", async () => {
    waiting.push({ status: "Submitted", ask_again_seconds: 1 }, { status: "Running", ask_again_seconds: null });
    const asked: number[] = [];
    onRequest = () => asked.push(performance.now());
    assert.equal((await client.waitForSubmission(1)).status, "Finished");
    onRequest = () => {};
    assert.equal(asked.length, 3);
    assert.ok(asked[1]! - asked[0]! >= 990);
  });

  it("ends at once when the platform refuses, and when it is interrupted", async () => {
    statuses.push(404);
    await assert.rejects(client.waitForSubmission(1), { status: 404 });
    const stop = new AbortController();
    const interrupted = new ApiClient(client.url, undefined, { signal: stop.signal });
    statuses.push(503);
    onRequest = () => setImmediate(() => stop.abort());
    await assert.rejects(interrupted.waitForSubmission(1), { name: "AbortError" });
  });
});
