import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, it } from "@jest/globals";
import { maxPortBytes, type PortQuestion } from "../../../contract/job.ts";
import { answerOnPort } from "../../../worker-image/live-port.ts";

describe("the port of a running step (W-160, W-161)", () => {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function listen(server: Server): Promise<number> {
    open.push(server);
    server.on("connection", (socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }
  const ask = (question: PortQuestion) =>
    answerOnPort((port) => Promise.resolve(connect({ host: "127.0.0.1", port })), question);
  const send = (port: number, message: string) =>
    ask({ kind: "send", port, bytes: Buffer.from(message).toString("base64") });
  const get = (port: number) => ask({ kind: "request", port, method: "GET", path: "/", headers: {}, bytes: "" });

  it("gets a message, and what it sends back is passed on until it closes the connection", async () => {
    const echo = createServer((socket) => socket.once("data", (data) => socket.end(`heard ${data.toString()}`)));
    const { head, bytes } = await send(await listen(echo), "hi");
    assert.deepEqual([head, bytes?.toString()], [{ kind: "sent" }, "heard hi"]);
  });

  it("sends no more than may be passed on", async () => {
    const flood = createServer((socket) => socket.on("error", () => {}).write(Buffer.alloc(2 * maxPortBytes)));
    const { bytes } = await send(await listen(flood), "hi");
    assert.equal(bytes?.length, maxPortBytes);
  });

  it("gets a request with its headers and body, and its answer is passed on", async () => {
    const server = createHttpServer((request, response) => {
      void text(request).then((body) => {
        response.writeHead(418, { "content-type": "text/plain", "set-cookie": "a=1" });
        response.end(`${request.method} ${request.url} ${request.headers["x-name"]} ${body}`);
      });
    });
    const port = await listen(server);
    const bytes = Buffer.from("ü").toString("base64");
    const headers = { "x-name": "me" };
    const answer = await ask({ kind: "request", port, method: "POST", path: "/a?b=1", headers, bytes });
    assert.ok(answer.head.kind === "response");
    assert.deepEqual([answer.head.status, answer.head.headers["content-type"]], [418, "text/plain"]);
    assert.equal(answer.bytes?.toString(), "POST /a?b=1 me ü");
  });

  it("is said to be silent, not to speak HTTP, or to say too much", async () => {
    const silent = await listen(createServer((socket) => socket.end()));
    await assert.rejects(send(silent, "x"), /^Error: Nothing answers on port \d+ of the run\.$/);
    await assert.rejects(get(silent), /closed the connection, or its answer is not HTTP\.$/);
    const rude = await listen(createServer((socket) => socket.on("error", () => {}).end("go away")));
    await assert.rejects(get(rude), /its answer is not HTTP\.$/);
    const long = createHttpServer((_, response) => void response.end(Buffer.alloc(maxPortBytes + 1)));
    await assert.rejects(get(await listen(long)), /more than .* which is the most/);
  });
});
