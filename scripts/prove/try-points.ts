/** Tries the points of a proof one after the other. */
import type { Point, Proof } from "./points.ts";
import type { Outcome } from "./report.ts";

/** Tries every point, also after one that does not hold, except those that need it. Tells each outcome at once. */
export async function tryPoints(points: Point[], proof: Proof, tell: (outcome: Outcome) => void): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { id, shows, see, needs = [] } of points) {
    const missing = needs.filter((one) => !outcomes.some((other) => other.id === one && other.result === "holds"));
    const start = performance.now();
    const seen =
      missing.length > 0
        ? ({ result: "not tried", detail: `It needs ${missing.join(", ")}.` } as const)
        : await see(proof).then(
            (detail) => ({ result: "holds", detail }) as const,
            (error: Error) => ({ result: "does not hold", detail: error.message }) as const,
          );
    const outcome = { id, shows, ...seen, seconds: (performance.now() - start) / 1000 };
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}
