import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { longestWaitSeconds, openJobs } from "../../../lambdas/jobs/rules/queue-load.ts";
import type { QueueLoad } from "../../../lambdas/jobs/rules/queue-load.ts";

const profile = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, network: true, users: null };
const profiles = { standard: profile, gpu: { ...profile, users: ["ada"] } };
const load = (change: Partial<QueueLoad> = {}): QueueLoad => ({
  queue: "default",
  step_profiles: { first: "standard", second: "standard" },
  owner: null,
  maxRunning: null,
  open: 5,
  running: 2,
  ready: 3,
  oldestReadySeconds: 60,
  withoutPlace: 0,
  withoutCapacity: 0,
  quarantined: 0,
  ...change,
});
const bob = { username: "bob", isSuperuser: false };
const both = (...loads: QueueLoad[]) => [openJobs(loads, profiles), longestWaitSeconds(loads, profiles)];

describe("what the platform's own workers have to do", () => {
  it("is nothing where no queue has jobs", () => assert.deepEqual(both(), [0, 0]));

  it("is the jobs of all queues, and the longest of their waits", () =>
    assert.deepEqual(both(load(), load({ open: 2, oldestReadySeconds: 90 })), [7, 90]));

  it("leaves out queues of others' workers", () => assert.deepEqual(both(load({ step_profiles: null })), [0, 0]));

  it("leaves out queues whose owner may not use their profile, or whose profile is gone", () =>
    assert.deepEqual(
      both(
        load({ step_profiles: { first: "standard", second: "gpu" }, owner: bob }),
        load({ step_profiles: { first: "gone" } }),
      ),
      [0, 0],
    ));

  it("leaves out jobs whose step would find no place to run (R-161)", () => {
    assert.deepEqual(both(load({ open: 20, withoutPlace: 16 })), [4, 60]);
    assert.deepEqual(both(load({ open: 20, withoutPlace: 16, maxRunning: 3 })), [3, 60]);
  });

  it("of a queue with a limit is as many jobs as may run, and nobody waits while so many do", () => {
    assert.deepEqual(both(load({ maxRunning: 3 })), [3, 60]);
    assert.deepEqual(both(load({ maxRunning: 2 })), [2, 0]);
    assert.deepEqual(both(load({ maxRunning: 9 })), [5, 60]);
  });
});
