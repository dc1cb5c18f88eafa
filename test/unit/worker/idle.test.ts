import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { it } from "@jest/globals";
import type { WorkerApi } from "../../../worker-image/api-client.ts";
import type { Doorbell, DoorbellQueue } from "../../../worker-image/doorbell.ts";
import type { Log } from "../../../worker-image/log.ts";
import { Worker, type WorkerOptions } from "../../../worker-image/worker.ts";

it("an idle worker uses the doorbell that a queue gives while it ends (R-185)", async () => {
  const seen = new EventEmitter();
  const log = { info: (event: string) => seen.emit(event), warn: () => {}, error: () => {} } as unknown as Log;
  const poll = Promise.withResolvers<Doorbell[]>();
  let signalOfPoll: AbortSignal | undefined;
  let claims = 0;
  const queue = {
    url: "queue",
    receive: (_count: number, _waits: boolean, signal: AbortSignal) => {
      signalOfPoll = signal;
      return poll.promise;
    },
  } as unknown as DoorbellQueue;
  const api = {
    claim: () => Promise.resolve({ manifest: (claims++, null) }),
  } as unknown as WorkerApi;
  const worker = new Worker({
    ...({ identity: { slots: 1 }, queues: ["queue"], runner: { trial: null }, api, log } as unknown as WorkerOptions),
    doorbellQueue: () => queue,
    queuesIntervalMs: 60_000,
    idleMs: 10,
  });
  const idle = once(seen, "worker.idle");
  const ended = worker.run();
  await idle;
  assert.equal(signalOfPoll?.aborted, false);
  poll.resolve([{ delete: () => Promise.resolve(), returnToQueue: () => Promise.resolve() }]);
  await ended;
  assert.equal(claims, 1);
});
