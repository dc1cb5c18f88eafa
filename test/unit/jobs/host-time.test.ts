import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { settle } from "../../../lambdas/jobs/rules/host-time.ts";

/** A host's life as lengths in seconds: it boots, runs steps with pauses between them, and waits for its end. */
const life = fc.record({
  start: fc.nat(500),
  boot: fc.nat(300),
  steps: fc.array(fc.record({ run: fc.nat(400), pause: fc.nat(200) }), { maxLength: 4 }),
  /** For how long before its start a step had been requested, which the platform may take for its run. */
  requestedBefore: fc.nat(300),
});

describe("the time of hosts without a step (R-178)", () => {
  it("is what steps are not billed for: the parts make up the whole, and none is negative", () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 90 })), (lives, gaps) => {
        const hosts = lives.map(({ start, boot, steps, requestedBefore }) => {
          let at = start + boot;
          const runs = steps.map(({ run, pause }) => {
            const one = { from: at, to: at + run, requested: at - requestedBefore };
            at += run + pause;
            return one;
          });
          return { start, end: at, runs };
        });
        const runs = hosts.flatMap((host) => host.runs);
        const last = Math.max(0, ...hosts.map(({ end }) => end));
        const looks: number[] = [];
        for (let at = 0, i = 0; at < last; i++) looks.push((at += gaps[i % gaps.length] ?? 60));
        looks.push(last + 90);
        const lived = (until: number) =>
          hosts.reduce((sum, { start, end }) => sum + Math.max(0, Math.min(end, until) - start), 0);
        const billed = (until: number) => runs.reduce((sum, { from, to }) => sum + (to <= until ? to - from : 0), 0);
        let [open, idle, before] = [0, 0, 0];
        for (const now of looks) {
          const held = runs
            .filter(({ from, to }) => from <= now && now < to)
            .reduce((sum, { requested }) => sum + now - requested, 0);
          open += lived(now) - lived(before) - (billed(now) - billed(before));
          const settled = settle(open, held);
          assert.ok(settled.idleSeconds >= 0);
          idle += settled.idleSeconds;
          open = settled.openSeconds;
          assert.equal(idle + open + billed(now), lived(now));
          before = now;
        }
        assert.equal(open, 0);
        assert.equal(idle, lived(Infinity) - billed(Infinity));
      }),
    );
  });

  it("forgets what steps were billed for and nobody measured, as soon as nothing runs", () => {
    assert.deepEqual(settle(-30, 100), { idleSeconds: 0, openSeconds: -30 });
    assert.deepEqual(settle(-30, 0), { idleSeconds: 0, openSeconds: 0 });
    assert.deepEqual(settle(500, 200), { idleSeconds: 300, openSeconds: 200 });
  });
});
