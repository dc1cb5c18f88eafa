import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import * as fc from "fast-check";
import { placeInLine, type Waiter } from "../../../lambdas/jobs/rules/line.ts";

/** One in each group, in the order in which they came. */
const waiters = fc
  .array(
    fc.record({
      group: fc.constantFrom("a", "b", "c"),
      owner: fc.constantFrom("1", "2", "3", "4", "5", "6"),
      running: fc.nat(3),
      ready: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((line): Waiter[] =>
    line
      .filter((one, at) => line.findIndex((other) => other.group === one.group && other.owner === one.owner) === at)
      .map((one, since) => ({ ...one, since })),
  );

/** The places of all jobs, by turns as claims have them: of people within groups, then of groups. */
function ordered(line: Waiter[]): string[] {
  const running = (is: (one: Waiter) => boolean) => line.filter(is).reduce((sum, one) => sum + one.running, 0);
  const groups = Map.groupBy(line, ({ group }) => group);
  const jobs = [...groups].flatMap(([group, people]) =>
    people
      .flatMap(({ owner, ready, since }) =>
        Array.from({ length: ready }, (_, at) => ({
          job: `${group}${owner} ${at + 1}`,
          turn: running((one) => one.owner === owner) + at + 1,
          since,
        })),
      )
      .sort((a, b) => a.turn - b.turn || a.since - b.since)
      .map(({ job }, at) => ({
        job,
        turn: running((one) => one.group === group) + at + 1,
        since: Math.min(...people.map(({ since }) => since)),
      })),
  );
  return jobs.sort((a, b) => a.turn - b.turn || a.since - b.since).map(({ job }) => job);
}

describe("places in a long line (R-211)", () => {
  it("are those of claims, where people and groups take turns", () => {
    fc.assert(
      fc.property(waiters, (line) => {
        for (const [at, job] of ordered(line).entries()) {
          const [who = "", rank] = job.split(" ");
          const place = placeInLine(line, { group: who[0]!, owner: who.slice(1), rank: Number(rank) });
          assert.equal(place, at + 1, job);
        }
      }),
    );
  });

  it("count people who have jobs running and none ready", () => {
    const line = [
      { group: "a", owner: "1", running: 0, ready: 1, since: 2 },
      { group: "a", owner: "2", running: 1, ready: 0, since: Infinity },
      { group: "b", owner: "3", running: 0, ready: 3, since: 1 },
    ];
    assert.deepEqual(
      [1, 2].map((rank) => placeInLine(line, { group: "b", owner: "3", rank })),
      [1, 2],
    );
    assert.equal(placeInLine(line, { group: "a", owner: "1", rank: 1 }), 3);
  });
});
