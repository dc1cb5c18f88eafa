import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { HostFault, StepFailure } from "../../../worker-image/failure.ts";
import { Health } from "../../../worker-image/health.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { waitFor } from "../../support/wait.ts";

const fault = new HostFault("WORKER_ERROR", "The engine failed.", { cause: new Error("no space left on device") });
const disk = "The disk of the worker is full.";

/** A machine whose trials succeed until the test says otherwise. */
function machine() {
  const stop = new AbortController();
  const lines: { event: string; reason?: string; error?: string }[] = [];
  const state = { problem: null as Error | null, trials: 0, changes: [] as (string | null)[], lines, stop };
  const health: Health = new Health({
    trial: () => {
      state.trials++;
      return state.problem ? Promise.reject(state.problem) : Promise.resolve();
    },
    onChange: () => state.changes.push(health.unwell),
    stop: stop.signal,
    log: jsonLog((line) => lines.push(JSON.parse(line) as (typeof lines)[0])),
    pauses: { firstTrial: 1, maxTrial: 5, rest: 1 },
  });
  return { health, state };
}

describe("a worker after a fault that may be its machine's (R-132)", () => {
  it("gives the job back if it cannot run a program of its own, and takes jobs again once it can", async () => {
    const { health, state } = machine();
    state.problem = Object.assign(new Error("write"), { code: "ENOSPC" });
    assert.equal(await health.examine(fault), disk);
    assert.equal(health.unwell, disk);
    assert.equal(await health.examine(fault), disk, "no attempt fails while it is unwell");
    await waitFor("more trials", () => state.trials > 3);
    assert.deepEqual(state.changes, [disk]);
    state.problem = null;
    await waitFor("it to be well", () => health.unwell === null);
    assert.deepEqual(state.changes, [disk, null]);
    assert.deepEqual(
      state.lines.map(({ event }) => event),
      ["worker.unwell", "worker.well"],
    );
    assert.equal(state.lines[0]?.reason, disk);
    assert.match(String(state.lines[0].error), /write/);
  });

  it("says what is wrong now, when that changes", async () => {
    const { health, state } = machine();
    state.problem = fault;
    assert.equal(await health.examine(fault), "The engine failed.");
    state.problem = Object.assign(new Error("write"), { code: "ENOSPC" });
    await waitFor("the other reason", () => health.unwell === disk);
    assert.deepEqual(state.changes, ["The engine failed.", disk]);
    state.stop.abort();
  });

  it("lets an attempt fail if it can, and rests for a moment after three in a row", async () => {
    const { health, state } = machine();
    assert.equal(await health.examine(fault), null);
    assert.equal(await health.examine(fault), null);
    assert.equal(await health.examine(fault), "The engine failed.");
    await waitFor("it to be well", () => health.unwell === null);
    assert.equal(await health.examine(fault), "The engine failed.", "the next fault in a row");
    await waitFor("it to be well", () => health.unwell === null);
    health.started();
    assert.equal(await health.examine(fault), null, "a program was started in between");
    assert.equal(state.lines.filter(({ event }) => event === "worker.unwell").length, 2);
  });

  it("examines itself once for attempts that fail at the same time", async () => {
    const { health, state } = machine();
    state.problem = fault;
    const answers = await Promise.all([1, 2, 3].map(() => health.examine(fault)));
    assert.deepEqual(answers, Array(3).fill("The engine failed."));
    assert.equal(state.changes.length, 1);
    state.stop.abort();
  });

  it("is unwell whatever its trial says", async () => {
    const { health, state } = machine();
    state.problem = new StepFailure("BAD_COMMAND", "The image has no such user.");
    assert.equal(await health.examine(fault), "The image has no such user.");
    state.stop.abort();
  });

  it("decides nothing if it runs no programs on its machine, or has to stop", async () => {
    const { health, state } = machine();
    state.problem = fault;
    state.stop.abort();
    assert.equal(await health.examine(fault), null);
    const log = jsonLog(() => {});
    const elsewhere = new Health({ trial: null, onChange: () => {}, stop: new AbortController().signal, log });
    assert.equal(await elsewhere.examine(fault), null);
  });
});
