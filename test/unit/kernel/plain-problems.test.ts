import assert from "node:assert/strict";
import { it } from "@jest/globals";
import * as z from "zod";
import { boolean, instant, number, oneLine, wholeNumber } from "../../../lambdas/http/fields.ts";
import { plainProblem } from "../../../lambdas/kernel/plain-problems.ts";

it("what is wrong with a value is a sentence for people (A-5)", () => {
  const problems = (schema: z.ZodType, value: unknown) =>
    z
      .object({ given: schema })
      .safeParse({ given: value }, { error: plainProblem })
      .error?.issues.map((i) => i.message);
  const kinds = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("one") }),
    z.object({ kind: z.literal("two") }),
  ]);
  for (const [schema, value, sentence] of [
    [z.string(), undefined, "This field is required."],
    [z.email(), undefined, "This field is required."],
    [boolean, undefined, "This field is required."],
    [number, undefined, "This field is required."],
    [z.enum(["a", "b"]), undefined, "This field is required."],
    [z.string(), 5, "This must be a text."],
    [z.string().min(1), "", "This must not be empty."],
    [z.string().min(3), "ab", "This must have at least 3 characters."],
    [z.string().max(1), "ab", "This must have at most 1 character."],
    [z.array(z.int()).max(2), [1, 2, 3], "This must have at most 2 entries."],
    [wholeNumber(1, 5), 0, "This must be at least 1."],
    [wholeNumber(1, 5), 6, "This must be at most 5."],
    [wholeNumber(1, 5), 1.5, "This must be a whole number."],
    [boolean, "maybe", "This must be true or false."],
    [number, "x", "This must be a number."],
    [z.email(), "x", "This is not a mail address."],
    [instant, "2035-01-31", "This is not a time with its time zone, such as 2035-01-31T13:30:00Z."],
    [z.enum(["a", "b"]), "c", "This must be one of: a, b."],
    [kinds, { kind: "three" }, "This must be one of: one, two."],
    [z.strictObject({}), { b: 1, c: 2 }, "This cannot contain b or c."],
    [z.string().min(3, "Its own words."), "", "Its own words."],
  ] as const)
    assert.deepEqual(problems(schema, value), [sentence]);
});

it("names are one line, in the direction of its letters (A-245)", () => {
  for (const name of ["Ada Lovelace", "أحمد", "\u200fدانا"]) assert.equal(oneLine(60).parse(` ${name} `), name);
  for (const name of ["a\nb", "a\u2028b", "\u202eadA", "\u2067x", "a\u0007"])
    assert.equal(oneLine(60).safeParse(name).success, false, JSON.stringify(name));
});
