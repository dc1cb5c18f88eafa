import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bundles } from "../../../lib/bundles.ts";
import { clientsIn, zippedBytes } from "../../../scripts/bench/bundles.ts";

/** The clients of functions outside; those inside have S3 and SQS, which is all they reach. */
const outside: Record<string, string[]> = {
  "lambdas/events/scaler.ts": ["client-ecs"],
  "lambdas/events/on-deploy.ts": ["client-lambda", "client-secrets-manager"],
  "lambdas/events/migrate.ts": [],
};

describe("the bundles of functions", () => {
  for (const [entry, bundle] of bundles()) {
    it(`${entry} is at most 1 MB zipped`, () => assert.ok(zippedBytes(bundle) <= 1_000_000, `${zippedBytes(bundle)} bytes`));
    it(`${entry} has no client of a service that it does not call`, () =>
      assert.deepEqual(clientsIn(bundle), outside[entry] ?? ["client-s3", "client-sqs"]));
  }

  it("are all of them", () => assert.equal(bundles().size, 12));
});
