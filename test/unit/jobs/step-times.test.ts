import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { stepTimes } from "../../../lambdas/jobs/rules/step-times.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const text = (second: number) => at(second).toISOString().replace("Z", "+00:00");

it("the steps of an attempt come in their order, with what was reported of them (A-192)", () => {
  const stages = {
    "scoring running": text(7),
    "prediction done": text(5),
    "prediction preparing": text(1),
    "prediction running": text(2),
  };
  const prediction = { step: "prediction", preparingWhen: at(1), startedWhen: at(2), endedWhen: at(5) };
  const scoring = { step: "scoring", preparingWhen: null, startedWhen: at(7), endedWhen: null };
  assert.deepEqual(stepTimes(stages, null), [prediction, scoring]);
  // A worker says that an attempt is over, and not that its last step is.
  assert.deepEqual(stepTimes(stages, at(9)), [prediction, { ...scoring, endedWhen: at(9) }]);
  assert.deepEqual(stepTimes({}, at(9)), []);
});
