import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { it } from "@jest/globals";
import { ofType } from "../../../lib/rules/template.ts";
import { templateOf } from "./fixtures/synthesized.ts";

/** Together they have every alarm. */
const alarms = ["hosts with GPUs, on demand and spot", "what an institution asks for"].flatMap((combination) =>
  ofType(templateOf(combination), "AWS::CloudWatch::Alarm"),
);

it("every alarm names its runbook, and every runbook has its alarm", () => {
  const named = alarms.map(
    ([id, { AlarmDescription }]) =>
      /docs\/runbooks\/([\w-]+\.md)$/.exec(String(AlarmDescription))?.[1] ?? `none for ${id}`,
  );
  assert.deepEqual([...new Set(named)].sort(), readdirSync("docs/runbooks").sort());
});

it("every alarm tells the topic", () => {
  for (const [id, { AlarmActions }] of alarms) assert.equal((AlarmActions as unknown[]).length, 1, id);
});
