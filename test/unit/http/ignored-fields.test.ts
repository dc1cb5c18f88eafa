import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import * as z from "zod";
import { likelyKey } from "../../../lambdas/competitions/rules/bundle-format/spelling.ts";
import { json, list, nothing } from "../../../lambdas/http/fields.ts";
import { aboutIgnored, warningHeader } from "../../../lambdas/http/ignored-fields.ts";

const column = z.object({ key: z.string(), title: z.string().optional() });
const body = z.object({
  title: z.string().optional(),
  report: nothing(z.string()).default(null),
  queue: z.union([z.uuid(), z.object({ id: z.uuid() }).transform(({ id }) => id)]).optional(),
  columns: list(column),
  answers: json(z.record(z.string(), z.unknown())).optional(),
});
const route = { body, query: z.object({ phase: z.string().optional() }), ignores: ["start_date"] };

const about = (sent: unknown, { query = {}, answer = null }: { query?: object; answer?: unknown } = {}) =>
  aboutIgnored(route, { ...query }, sent, answer, likelyKey);

describe("fields of a request that its route does not read", () => {
  it("are named, with the name that was probably meant (A-130)", () => {
    assert.deepEqual(about({ titel: "A", password: "secret" }), [
      "The field titel was ignored, because this request cannot contain it. Did you mean title?",
      "The field password was ignored, because this request cannot contain it.",
    ]);
  });

  it("are found inside lists and objects, but not inside values that may contain anything", () => {
    assert.deepEqual(about({ columns: [{ key: "a" }, { key: "b", titel: "B" }], answers: { any: 1 } }), [
      "The field columns.1.titel was ignored, because this request cannot contain it. Did you mean title?",
    ]);
    assert.equal(about({ columns: { key: "a", index: 0 } }).length, 1);
  });

  it("are not named if the answer has the same value, clients are known to send them, or they describe what an id names", () => {
    const queue = { id: crypto.randomUUID(), name: "Mine" };
    const sent = { title: "A", created_when: "2026-01-01T00:00:00Z", queue, start_date: "1", csrfmiddlewaretoken: "x" };
    assert.deepEqual(about(sent, { answer: { created_when: new Date(Date.UTC(2026, 0, 1)) } }), []);
    assert.equal(about(sent, { answer: { created_when: new Date(0) } }).length, 1);
  });

  it("may be query parameters", () => {
    assert.deepEqual(about({}, { query: { phases: "1", format: "json", phase: "2" } }), [
      "The query parameter phases was ignored, because this request cannot contain it. Did you mean phase?",
    ]);
  });

  it("of a route that reads no body are named, too, and at most ten of them", () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`field${index}`, 1]));
    const sentences = aboutIgnored({}, {}, many, null, likelyKey);
    assert.equal(sentences.length, 11);
    assert.equal(sentences.at(-1), "2 more fields were ignored.");
  });
});

it("names of which a part or half a character is missing are still a warning", () => {
  const [sentence] = aboutIgnored({}, {}, { [`${"a".repeat(99)}😀\ud800`]: 1 }, null, likelyKey);
  assert.match(warningHeader([sentence!]), /^299 - "The field a+%EF%BF%BD was ignored/);
});

it("objects that may have one of several forms are compared with the form that reads most of them", () => {
  const either = z.object({ at: z.union([z.object({ a: z.number() }), z.object({ a: z.number(), b: z.number() })]) });
  const about = (at: object) => aboutIgnored({ body: either }, {}, { at }, null, likelyKey);
  assert.deepEqual(about({ a: 1, b: 2 }), []);
  assert.equal(about({ a: 1, c: 2 }).length, 1);
  assert.deepEqual(about({ c: 2 }), []);
});

it("warnings are one header of ASCII characters", () => {
  assert.equal(warningHeader(['a "b" \\', "ü\r\nX: y"]), '299 - "a \\"b\\" \\\\", 299 - "%C3%BC%0D%0AX: y"');
});
