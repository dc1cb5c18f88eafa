/** YAML is read as by PyYAML 6.0's safe loader, which produced the expected values. */
import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { scalarText } from "../../../lambdas/jobs/rules/yaml/scalars.ts";
import { readYaml } from "../../../lambdas/jobs/rules/yaml/yaml.ts";
import type { Node } from "../../../lambdas/jobs/rules/yaml/yaml.ts";

/** Writes a node as Python's repr does. */
function python(node: Node): string {
  switch (node.kind) {
    case "null":
      return "None";
    case "boolean":
      return node.value ? "True" : "False";
    case "integer":
    case "float":
      return scalarText(node) ?? "";
    case "timestamp":
      return node.value.toISOString().replace(".000Z", "");
    case "text":
      return `'${node.value}'`;
    case "sequence":
      return `[${node.items.map(python).join(", ")}]`;
    case "mapping":
      return `{${node.entries.map(({ key, value }) => `${python(key)}: ${python(value)}`).join(", ")}}`;
  }
}

function read(text: string): string {
  const result = readYaml(text);
  return result.ok ? python(result.root) : `refused: ${result.reason}`;
}

const words: [written: string, meant: string][] = [
  ["yes", "True"],
  ["No", "False"],
  ["on", "True"],
  ["OFF", "False"],
  ["TRUE", "True"],
  ["y", "'y'"],
  ["n", "'n'"],
  ["tRue", "'tRue'"],
  ["~", "None"],
  ["Null", "None"],
  ["", "None"],
  ["none", "'none'"],
  ["12", "12"],
  ["+12", "12"],
  ["-0", "0"],
  ["1_000", "1000"],
  ["010", "8"],
  ["08", "'08'"],
  ["0x1F", "31"],
  ["0b101", "5"],
  ["0o17", "'0o17'"],
  ["0x", "'0x'"],
  ["1:30", "90"],
  ["12:30:45", "45045"],
  ["-1:30", "-90"],
  ["1:30.5", "90.5"],
  ["1:75", "'1:75'"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["1.5", "1.5"],
  ["1.", "1.0"],
  [".5", "0.5"],
  ["-.5", "'-.5'"],
  ["1.10", "1.1"],
  ["1e3", "'1e3'"],
  ["1.0e3", "'1.0e3'"],
  ["1.0e+3", "1000.0"],
  ["1.0e+16", "1e+16"],
  ["1.5e-7", "1.5e-07"],
  ["0.0001", "0.0001"],
  ["0.00001", "1e-05"],
  ["-0.0", "-0.0"],
  ["1_0.5", "10.5"],
  [".inf", "inf"],
  ["-.INF", "-inf"],
  [".nan", "nan"],
  ["2026-01-02", "2026-01-02T00:00:00"],
  ["2026-1-2", "'2026-1-2'"],
  ["2026-01-02 03:04:05", "2026-01-02T03:04:05"],
  ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05"],
  ["2026-01-02 03:04:05 +02:00", "2026-01-02T01:04:05"],
  ["2026-1-2 3:04:05.5 -5", "2026-01-02T08:04:05.500Z"],
  ["2026-01-02 03:04", "'2026-01-02 03:04'"],
  ["'yes'", "'yes'"],
  ['"1"', "'1'"],
  ["!!str 1", "'1'"],
  ["!!int '7'", "7"],
  ["C:\\data", "'C:\\data'"],
  ["http://a.b:80/c", "'http://a.b:80/c'"],
];
for (const [written, meant] of words) {
  test(`the word ${written || "(nothing)"} means ${meant} (B-10)`, () => {
    assert.equal(read(`a: ${written}`), `{'a': ${meant}}`);
  });
}

test("a timestamp for a day that does not exist is read as text, so that its field can report it", () => {
  assert.equal(read("a: 2026-02-30"), "{'a': '2026-02-30'}");
});

const documents: [rule: string, text: string, meant: string][] = [
  ["JSON may stand at the left margin", 'a: {\n"b": [1,\n2]\n}\nc: 3', "{'a': {'b': [1, 2]}, 'c': 3}"],
  ["a text in quotes may run on at the left margin", "a: 'x\ny'\nb: 1", "{'a': 'x y', 'b': 1}"],
  ["a text in quotes may hold empty lines", 'a:\n  b: "x\n\n  y"\n', "{'a': {'b': 'x\ny'}}"],
  ["a plain text may run over lines", "a: x\n  y\n  z", "{'a': 'x y z'}"],
  ["block texts keep or fold lines", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{'a': 'x\ny\n', 'b': 'x y'}"],
  ["a list may be indented like its key", "a:\n- 1\n- 2\nb: 3", "{'a': [1, 2], 'b': 3}"],
  ["an alias stands for what its anchor marks", "a: &x {b: 1}\nc: *x", "{'a': {'b': 1}, 'c': {'b': 1}}"],
  [
    "a merge key adds what is not there yet",
    "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}",
    "{'a': {'b': 1, 'c': 2}, 'd': {'b': 1, 'c': 3}}",
  ],
  ["of several merged mappings the first wins", "a: {<<: [{b: 1}, {b: 2, c: 2}]}", "{'a': {'b': 1, 'c': 2}}"],
  ["a merge key in quotes is a key", "a: {'<<': 1}", "{'a': {'<<': 1}}"],
  [
    "keys have types and keep their order",
    "'1': z\nb: 1\n2: x\n1: y\nno: off",
    "{'1': 'z', 'b': 1, 2: 'x', 1: 'y', False: False}",
  ],
  ["what Python 2 marked as text is text", "a: !!python/unicode 'x'\nb: !!python/str 1", "{'a': 'x', 'b': '1'}"],
  ["__proto__ is a key as any other", "__proto__: 1\nconstructor: 2", "{'__proto__': 1, 'constructor': 2}"],
  ["a byte order mark is skipped", "\ufeffa: 1", "{'a': 1}"],
  ["Windows ends its lines otherwise", "a: 1\r\nb: 2\r\n", "{'a': 1, 'b': 2}"],
  ["a document may have a start and an end", "%YAML 1.1\n---\na: 1\n...\n", "{'a': 1}"],
];
for (const [rule, text, meant] of documents) {
  test(`${rule} (B-10)`, () => {
    assert.equal(read(text), meant);
  });
}

test("if a key occurs twice, the last value is used and the position is reported (B-11)", () => {
  const result = readYaml("a: 1\nb: 2\na: 3\n");
  assert.ok(result.ok);
  assert.equal(python(result.root), "{'a': 3, 'b': 2}");
  assert.deepEqual(result.repeatedKey, { key: "a", place: "line 3, column 1" });
  for (const [text, key] of [
    ["x: {my key: 1, my key: 2}", "my key"],
    ["'a: b': 1\n'a: b': 2", "a: b"],
    ['"a": 1\n"a": 2', "a"],
    ["l:\n- k: 1\n  k:\n  - 2", "k"],
  ] as const) {
    const repeated = readYaml(text);
    assert.ok(repeated.ok);
    assert.equal(repeated.repeatedKey?.key, key);
  }
});

test("errors are reported with line and column", () => {
  assert.match(read("a: 1\nb: c: d"), /^refused: .* at line 2, column \d+$/);
  assert.match(read("a: *nothing"), /^refused: unidentified alias "nothing" at line 1/);
  assert.match(read("a: !mine x"), /^refused: unknown tag !<!mine> at line 1/);
  assert.match(read("a: 1\n\tb: 2"), /^refused: .* at line 2/);
});

test("nested aliases that expand to billions of values are refused (B-13)", () => {
  const lines = Array.from({ length: 40 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}, *a${i - 1}` : "x"}]`);
  assert.match(read(lines.join("\n")), /^refused: it contains more than 50000 values/);
});

test("repeated aliases to a long text are refused", () => {
  const repeated = Array.from({ length: 50 }, () => "*a").join(", ");
  assert.match(read(`a: &a ${"x".repeat(200_000)}\nb: [${repeated}]`), /^refused: its texts have more than/);
});

test("an alias to the value that contains it is refused", () => {
  assert.match(read("a: &a [1, *a]"), /^refused: its lists and mappings are nested more than 50 deep/);
});

test("lists and mappings nested deeper than fifty are refused (B-13)", () => {
  assert.match(read("[".repeat(60) + "]".repeat(60)), /^refused: nesting exceeded maxDepth/);
  assert.match(read("a: ".repeat(2) + "[".repeat(100_000)), /^refused/);
});

test("a file of more than a million characters is refused (B-13)", () => {
  assert.match(read(`a: ${"x".repeat(1_000_000)}`), /^refused: the file has more than 1000000 characters/);
});
