import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { roomFor, ticks } from "../../../web/leaderboard/scale.ts";

it("charts leave room for their longest label", () => {
  const labels = ticks([0, 0.000227], 3).map((value) => `$${value.toFixed(4)}`);
  assert.deepEqual(labels, ["$0.0000", "$0.0001", "$0.0002"]);
  assert.equal(roomFor(labels), 7 * 7.5);
  assert.equal(roomFor([]), 0);
});
