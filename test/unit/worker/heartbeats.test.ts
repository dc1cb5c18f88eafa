import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import type { Progress } from "../../../contract/job.ts";
import { HttpError } from "../../../worker-image/http.ts";
import { Heartbeats } from "../../../worker-image/heartbeats.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { waitFor } from "../../support/wait.ts";

const silent = jsonLog(() => {});
const hour = 3600;
const stages = (["preparing", "running", "done"] as const).map((stage): Progress => ({ step: "scoring", stage }));

describe("heartbeats of an attempt", () => {
  it("tells progress in order, what came quickly or while a heartbeat was under way in one", async () => {
    const arrived: Progress[][] = [];
    const waiting: (() => void)[] = [];
    const heartbeats = new Heartbeats(
      async (progress) => {
        arrived.push(progress);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { cancel: false };
      },
      hour,
      () => assert.fail(),
      silent,
    );
    heartbeats.progress(stages[0]!);
    heartbeats.progress(stages[1]!);
    await waitFor("a heartbeat", () => waiting.length === 1);
    for (const stage of stages) heartbeats.progress(stage);
    waiting.shift()!();
    await waitFor("another", () => waiting.length === 1);
    waiting.shift()!();
    await heartbeats.stop();
    assert.deepEqual(arrived, [stages.slice(0, 2), stages]);
  });

  it("told only to keep the lease, it tells no more progress, and beats on", async () => {
    const arrived: Progress[][] = [];
    const heartbeats = new Heartbeats(
      (progress) => {
        arrived.push(progress);
        return Promise.resolve({ cancel: false });
      },
      0.01,
      () => assert.fail(),
      silent,
    );
    for (const stage of stages) heartbeats.progress(stage);
    heartbeats.dropProgress();
    await waitFor("two beats", () => arrived.length >= 2);
    await heartbeats.stop();
    assert.deepEqual(arrived.slice(0, 2), [[stages[2]], [stages[2]]]);
  });

  it("beats with the last progress when nothing changes", async () => {
    const arrived: Progress[][] = [];
    const heartbeats = new Heartbeats(
      (progress) => {
        arrived.push(progress);
        return Promise.resolve({ cancel: false });
      },
      0.01,
      () => assert.fail(),
      silent,
    );
    await waitFor("a first beat", () => arrived.length > 0);
    assert.deepEqual(arrived[0], []);
    heartbeats.progress(stages[1]!);
    const seen = arrived.length;
    await waitFor("two more beats", () => arrived.length >= seen + 2);
    await heartbeats.stop();
    assert.deepEqual(arrived.at(-1), [stages[1]]);
  });

  it("passes on that the attempt is cancelled, or superseded; then it is silent", async () => {
    const interruptions: string[] = [];
    let beats = 0;
    const heartbeats = new Heartbeats(
      () => {
        beats++;
        if (beats === 1) return Promise.resolve({ cancel: true });
        return Promise.reject(new HttpError(409, JSON.stringify({ code: "ATTEMPT_SUPERSEDED" }), null));
      },
      0.01,
      (why) => interruptions.push(why),
      silent,
    );
    await waitFor("the second", () => interruptions.length === 2);
    assert.deepEqual(interruptions, ["cancelled", "superseded"]);
    heartbeats.progress(stages[0]!);
    await heartbeats.stop();
    assert.equal(beats, 2);
  });

  it("outlives an outage, and then says how far it has come by then", async () => {
    const arrived: Progress[][] = [];
    let isDown = true;
    let failed = 0;
    const heartbeats = new Heartbeats(
      (progress) => {
        if (isDown) {
          failed++;
          return Promise.reject(new Error("ECONNREFUSED"));
        }
        arrived.push(progress);
        return Promise.resolve({ cancel: false });
      },
      0.01,
      () => assert.fail(),
      silent,
    );
    heartbeats.progress(stages[0]!);
    await waitFor("a failure", () => failed > 0);
    heartbeats.progress(stages[1]!);
    const failedSoFar = failed;
    await waitFor("two more failures", () => failed >= failedSoFar + 2);
    isDown = false;
    await waitFor("a beat", () => arrived.length > 0);
    await heartbeats.stop();
    assert.deepEqual(arrived[0], [stages[1]]);
  });
});
