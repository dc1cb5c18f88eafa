import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { AttemptSlot, Slots } from "../../../worker-image/slots.ts";

describe("slots of a worker (R-160)", () => {
  /** Notes whose turn it is. */
  function waiting(slots: Slots) {
    const turns: [who: string, count: number][] = [];
    const wait = (who: string, count: number) => void slots.reserve(count).then((got) => turns.push([who, got]));
    return { turns, wait };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it("go to whoever waits longest, and several only to one who waits alone", async () => {
    const slots = new Slots(3);
    const { turns, wait } = waiting(slots);
    wait("first", 10);
    wait("second", 10);
    wait("third", 10);
    await settled();
    assert.deepEqual(turns, [["first", 3]]);
    slots.use(1, 3);
    wait("first", 10);
    await settled();
    assert.deepEqual(turns.slice(1), [
      ["second", 1],
      ["third", 1],
    ]);
    slots.use(0, 1);
    await settled();
    assert.deepEqual(turns.slice(3), [["first", 1]]);
    assert.deepEqual([slots.taken, slots.free], [1, 0]);
  });

  it("are given while an attempt waits for a place, and taken back even if others have taken them", async () => {
    const slots = new Slots(1);
    const { turns, wait } = waiting(slots);
    assert.ok(slots.take());
    const slot = new AttemptSlot(slots);
    wait("other", 1);
    slot.hold(false);
    slot.hold(false);
    await settled();
    assert.deepEqual(turns, [["other", 1]]);
    slots.use(1, 1);
    slot.hold(true);
    assert.deepEqual([slots.taken, slots.free], [2, 0]);
    slots.give();
    assert.ok(!slots.take());
    slot.hold(false);
    assert.ok(slots.take());
  });

  it("stop being waited for when conditions may have changed", async () => {
    const slots = new Slots(1);
    const { turns, wait } = waiting(slots);
    assert.ok(slots.take());
    wait("one", 1);
    slots.wake();
    await settled();
    assert.deepEqual(turns, [["one", 0]]);
    slots.give();
    assert.ok(slots.take());
  });
});
