/**
 * How dates are read. The times of day are those that dateutil 2.9 and PyYAML 6.0 read. Offsets are applied here;
 * Codabench ignores them.
 */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { accepted, change, version2, warnings } from "./fixture.ts";

const midnight = "T00:00:00.000Z";

const dates: [written: string, instant: string][] = [
  // YAML dates (B-50) and timestamps (B-51), with offsets (B-52)
  ["2026-03-04", `2026-03-04${midnight}`],
  ["2026-03-04 13:30:00", "2026-03-04T13:30:00.000Z"],
  ["2026-03-04T13:30:00Z", "2026-03-04T13:30:00.000Z"],
  ["2026-03-04T13:30:00+02:00", "2026-03-04T11:30:00.000Z"],
  ["2026-03-04 13:30:00 -5", "2026-03-04T18:30:00.000Z"],
  ["2026-03-04 13:30:00.123456", "2026-03-04T13:30:00.123Z"],
  // The same as texts (B-51, B-52), with time zones (B-56), month first (B-53), day first (B-54), and other forms
  // (B-55)
  ["'2026-03-04 13:30:00'", "2026-03-04T13:30:00.000Z"],
  ["'2026-03-04 13:30:00+02:00'", "2026-03-04T11:30:00.000Z"],
  ["'2026-03-04 13:30 UTC'", "2026-03-04T13:30:00.000Z"],
  ["'2026-03-04 13:30 UTC+2'", "2026-03-04T11:30:00.000Z"],
  ["2026-03-04 13:30", "2026-03-04T13:30:00.000Z"],
  ["2026-3-4", `2026-03-04${midnight}`],
  ["2026/03/04", `2026-03-04${midnight}`],
  ["2026.3.4", `2026-03-04${midnight}`],
  ["'20260304'", `2026-03-04${midnight}`],
  ["20260304T1330", "2026-03-04T13:30:00.000Z"],
  ["20260304 13:30:15.5", "2026-03-04T13:30:15.500Z"],
  ["1-1-2026", `2026-01-01${midnight}`],
  ["12-31-2026", `2026-12-31${midnight}`],
  ["6-15-2020", `2020-06-15${midnight}`],
  ["31-12-2026", `2026-12-31${midnight}`],
  ["31.12.2026", `2026-12-31${midnight}`],
  ["12/31/26", `2026-12-31${midnight}`],
  ["12-31-99", `1999-12-31${midnight}`],
  ["99-12-31", `1999-12-31${midnight}`],
  ["March 4, 2026", `2026-03-04${midnight}`],
  ["4 mar 2026", `2026-03-04${midnight}`],
  ["4th of March 2026", `2026-03-04${midnight}`],
  ["Wed, 4 March 2026 1:30 pm", "2026-03-04T13:30:00.000Z"],
  ["Mar 4 2026 at 5 pm", "2026-03-04T17:00:00.000Z"],
  ["12:30 AM March 4 2026", "2026-03-04T00:30:00.000Z"],
  ["2026 Mar 4", `2026-03-04${midnight}`],
  ["2026-Mar-04", `2026-03-04${midnight}`],
  ["3-Sep-26", `2026-09-03${midnight}`],
  ["29-2-2024", `2024-02-29${midnight}`],
];

const onlyPhase = (start: string): string => {
  const phases = version2.slice(version2.indexOf("phases:"), version2.indexOf("leaderboards:"));
  return change(version2, phases, `phases:\n  - name: Only\n    tasks: [0]\n    start: ${start}\n`);
};

for (const [written, instant] of dates) {
  test(`${written} is ${instant}`, () => {
    assert.equal(accepted(onlyPhase(written)).phases[0]?.start.toISOString(), instant);
  });
}

const unreadable = [
  "2026-13-01",
  "2026-31-12",
  "13-13-2026",
  "2-30-2026",
  "2-29-2023",
  "2026-03-04 24:00",
  "2026-03-04 13:60",
  "'2026-03-04 13:30:60'",
  "March 2026",
  "'2026'",
  "2026",
  "'10:30'",
  "10:30",
  "tomorrow",
  "4 4 4 2026",
  "2026-03-04 13:30 or so",
  "0-1-2026",
  "13:00 pm March 4 2026",
  "true",
  "[2026-03-04]",
];
for (const written of unreadable) {
  test(`${written} is not a date (B-57)`, () => {
    assert.throws(() => accepted(onlyPhase(written)), /BND-99/);
  });
}

test("BND-48: a date whose day and month could be swapped is read month first, with a warning (B-53)", () => {
  assert.deepEqual(warnings(onlyPhase("8-7-2019")), ["BND-48 phases[0].start"]);
  assert.equal(accepted(onlyPhase("8-7-2019")).phases[0]?.start.toISOString(), `2019-08-07${midnight}`);
  assert.deepEqual(warnings(onlyPhase("11-12-2019")), ["BND-48 phases[0].start"]);
  for (const clear of ["8-8-2019", "8-17-2019", "17-8-2019", "2019-8-7"])
    assert.deepEqual(warnings(onlyPhase(clear)), []);
});

test("BND-49: a date with a time zone abbreviation is read as UTC, with a warning (B-56)", () => {
  assert.deepEqual(warnings(onlyPhase("2026-03-04 13:30 EST")), ["BND-49 phases[0].start"]);
  assert.equal(accepted(onlyPhase("2026-03-04 13:30 EST")).phases[0]?.start.toISOString(), "2026-03-04T13:30:00.000Z");
});

test("two phases on the same day are compared by time", () => {
  const text = change(
    change(version2, "end: 2026-06-30", "end: 2026-07-01 11:59:59"),
    "start: 2026-07-01",
    "start: 2026-07-01 12:00:00",
  );
  assert.deepEqual(warnings(text), []);
});

test("offsets are applied before phases are compared", () => {
  const text = change(
    change(version2, "end: 2026-06-30", "end: 2026-07-01 01:00:00+02:00"),
    "start: 2026-07-01",
    "start: 2026-06-30 23:00:01",
  );
  assert.deepEqual(warnings(text), []);
});

test("a phase whose end is missing, null or an empty text never ends (B-7, B-41)", () => {
  for (const end of ["", "    end:\n", "    end: ~\n", "    end: ''\n"]) {
    const text = change(version2, "    start: 2026-07-01\n", `    start: 2026-07-01\n${end}`);
    assert.equal(accepted(text).phases[1]?.end, null);
  }
});

test("BND-47: a phase that ends before it starts is accepted with a warning (B-42)", () => {
  assert.deepEqual(warnings(change(version2, "end: 2026-06-30", "end: 2025-06-30")), ["BND-47 phases[0]"]);
});
