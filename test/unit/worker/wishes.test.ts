import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { HttpError } from "../../../worker-image/http.ts";
import { jsonLog } from "../../../worker-image/log.ts";
import { PlatformWishes } from "../../../worker-image/wishes.ts";
import type { AskWishes, Wished, Wishes } from "../../../worker-image/wishes.ts";
import { waitFor } from "../../support/wait.ts";

const soon = 1;

/** A platform that answers what the test says, and what it was asked and told. */
function platform(answer: AskWishes) {
  const asked: string[][] = [];
  const lines: { event: string }[] = [];
  const wishes = new PlatformWishes(
    (attempts) => {
      asked.push(attempts);
      return answer(attempts);
    },
    jsonLog((line) => lines.push(JSON.parse(line) as { event: string })),
    soon,
  );
  return { wishes, asked, lines };
}
const nothing = () => Promise.resolve({ stops: [] });

const none: Wished = { interrupt: assert.fail, end: assert.fail, answer: () => assert.fail() };

describe("a worker asks which of its attempts have to stop (R-103)", () => {
  it("about all that run with one request, again and again, and tells each why", async () => {
    const told: string[] = [];
    const { wishes, asked } = platform(() =>
      Promise.resolve({
        stops: [
          { attempt: "a", why: "cancelled" as const },
          { attempt: "b", why: "superseded" as const },
          { attempt: "nobody's", why: "cancelled" as const },
        ],
      }),
    );
    const ends = ["a", "b", "c"].map((id) =>
      wishes.watch(id, { ...none, interrupt: (why) => told.push(`${id} ${why}`) }),
    );
    await waitFor("two answers", () => asked.length > 2);
    for (const end of ends) end();
    assert.deepEqual(asked[0], ["a", "b", "c"]);
    assert.deepEqual(told.slice(0, 2), ["a cancelled", "b superseded"]);
    assert.ok(!told.some((line) => line.startsWith("c")));
  });

  it("only while attempts run", async () => {
    const { wishes, asked } = platform(nothing);
    const [one, two] = [wishes.watch("a", none), wishes.watch("b", none)];
    await waitFor("a question about both", () => asked.some((attempts) => attempts.length === 2));
    one();
    await waitFor("a question about one", () => asked.at(-1)?.join() === "b");
    two();
    const count = asked.length;
    const end = wishes.watch("c", none);
    await waitFor("a question about the next", () => asked.at(-1)?.join() === "c");
    end();
    assert.ok(asked.slice(count).every((attempts) => attempts.length > 0));
  });

  it("once at a time, and does not pass on an answer about an attempt that has ended meanwhile", async () => {
    let answer: (() => void) | undefined;
    const { wishes, asked } = platform(
      ([attempt]) =>
        new Promise((resolve) => {
          answer = () => resolve({ stops: [{ attempt: attempt!, why: "cancelled" }] });
        }),
    );
    const end = wishes.watch("a", none);
    await waitFor("the question", () => answer);
    end();
    const endNext = wishes.watch("b", { ...none, interrupt: () => {} });
    assert.equal(asked.length, 1);
    answer!();
    await waitFor("the next question", () => asked.length === 2);
    endNext();
    answer!();
  });

  for (const [what, error, logged] of [
    ["an outage, which it logs once", new Error("ECONNREFUSED"), ["stops.unknown"]],
    ["a platform that does not know the question", new HttpError(404, "", null), []],
  ] as const)
    it(`also after ${what}`, async () => {
      let isDown = true;
      const { wishes, asked, lines } = platform(() => (isDown ? Promise.reject(error) : nothing()));
      const end = wishes.watch("a", none);
      await waitFor("two failures", () => asked.length > 1);
      isDown = false;
      const count = asked.length;
      await waitFor("more questions", () => asked.length > count + 1);
      end();
      assert.deepEqual(
        lines.map(({ event }) => event),
        logged,
      );
    });

  it("and whose program somebody ended, and passes on each question once", async () => {
    const told: string[] = [];
    const question = { attempt: "a", step: "run", question: { kind: "list", path: "", depth: 0 } } as const;
    const answer: Wishes = {
      stops: [],
      endings: [{ attempt: "a", message: "Enough." }],
      questions: [
        { id: "1", ...question },
        { id: "2", ...question, attempt: "nobody's" },
        { id: "3", ...question },
      ],
    };
    const { wishes, asked } = platform(() => Promise.resolve(answer));
    const end = wishes.watch("a", {
      ...none,
      end: (message) => told.push(message),
      answer: ({ id }) => told.push(id),
    });
    await waitFor("two answers", () => asked.length > 2);
    end();
    assert.deepEqual(told.slice(0, 4), ["Enough.", "1", "3", "Enough."]);
    assert.ok(!told.slice(3).some((line) => line !== "Enough."));
  });
});
