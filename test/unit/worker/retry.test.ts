import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { HttpError, isWorthRetrying } from "../../../worker-image/http.ts";
import { backoffMs, retry, within } from "../../../worker-image/retry.ts";

describe("trying again", () => {
  it("pauses twice as long each time, up to five seconds, with jitter over the last half", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 50].map((tries) => backoffMs(tries, () => 1)),
      [200, 400, 800, 1600, 3200, 5000, 5000],
    );
    assert.equal(
      backoffMs(0, () => 0),
      100,
    );
  });

  it("happens after network errors, 5xx and 429, not after what cannot pass", () => {
    const verdict = (status: number, retryAfter: string | null = null) =>
      isWorthRetrying(new HttpError(status, "", retryAfter));
    assert.equal(isWorthRetrying(new TypeError("fetch failed")), true);
    assert.equal(verdict(503), 0);
    assert.equal(verdict(429, "7"), 7000);
    assert.equal(verdict(503, "Wed, 21 Oct 2026 07:28:00 GMT"), 0);
    assert.deepEqual(
      [400, 401, 403, 404, 409, 501].map((status) => verdict(status)),
      Array(6).fill(false),
    );
  });

  it("ends when a try takes longer than the whole may (R-102)", async () => {
    const other = new AbortController();
    const signal = within(0.05, other.signal);
    const hanging = () =>
      new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("it was aborted", { cause: signal.reason }))),
      );
    await assert.rejects(retry(hanging, { forMs: 60_000, again: () => true, signal }), /it took longer than 0\.05 s/);
    const stopped = within(60, other.signal);
    other.abort(new Error("stopped"));
    assert.throws(() => stopped.throwIfAborted(), /stopped/);
  });

  it("ends with the last error when time is up, and waits as long as it is told to", async () => {
    let tries = 0;
    const failing = () => Promise.reject(new Error(`try ${++tries}`));
    await assert.rejects(retry(failing, { forMs: 0, again: () => true }), /try 1/);
    await assert.rejects(retry(failing, { forMs: 1000, again: () => 60_000 }), /try 2/);
  });

  it("stops at once when it is aborted in a pause, with the reason", async () => {
    const stop = new AbortController();
    const failing = retry(() => Promise.reject(new Error("away")), {
      forMs: 60_000,
      again: () => 30_000,
      signal: stop.signal,
      onRetry: () => stop.abort(new Error("enough")),
    });
    await assert.rejects(failing, /enough/);
  });
});
