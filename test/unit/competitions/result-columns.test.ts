import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import fc from "fast-check";
import { resultColumns } from "../../../lambdas/competitions/rules/result-columns.ts";

const names = (...args: Parameters<typeof resultColumns>) => resultColumns(...args).map(({ name }) => name);

describe("columns of an export (A-53)", () => {
  it("are named after task and title, as in Codabench", () => {
    const columns = [
      { key: "a", title: "A" },
      { key: "b", title: "B" },
    ];
    assert.deepEqual(names([{ id: 7, name: "First" }], columns), ["First(7)-A", "First(7)-B"]);
  });

  it("have their key in the name if they share a title", () => {
    const columns = [
      { key: "f1", title: "F1" },
      { key: "f1_hidden", title: "F1" },
      { key: "c", title: "C" },
    ];
    assert.deepEqual(names([{ id: 7, name: "T" }], columns), ["T(7)-F1(f1)", "T(7)-F1(f1_hidden)", "T(7)-C"]);
  });

  it("never have the same name, whatever titles and names are", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "(", ")", "1", "-"), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ id: fc.nat(30), name: text }), { selector: ({ id }) => id, maxLength: 4 }),
        fc.uniqueArray(fc.record({ key: text, title: text }), { selector: ({ key }) => key, maxLength: 4 }),
        (tasks, columns) => {
          const found = resultColumns(tasks, columns);
          assert.equal(new Set(found.map(({ name }) => name)).size, tasks.length * columns.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
