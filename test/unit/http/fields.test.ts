import assert from "node:assert/strict";
import { it } from "@jest/globals";
import { integer, wholeNumber } from "../../../lambdas/http/fields.ts";

it("a whole number is a number or its digits, and nothing else counts as one, above all not as 0", () => {
  const schema = wholeNumber(-5, 10);
  for (const [given, value] of [
    [0, 0],
    ["0", 0],
    ["-5", -5],
    ["010", 10],
    [10, 10],
  ])
    assert.equal(schema.parse(given), value);
  for (const given of [
    "",
    " ",
    null,
    undefined,
    true,
    false,
    [],
    [1],
    {},
    "1.5",
    1.5,
    "1e1",
    "0x1",
    "11",
    11,
    "-6",
    NaN,
  ])
    assert.equal(schema.safeParse(given).success, false, JSON.stringify(given));
  assert.equal(integer.safeParse("").success, false);
  assert.equal(schema.optional().parse(undefined), undefined);
  assert.equal(schema.default(3).parse(undefined), 3);
});
