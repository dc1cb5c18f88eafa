import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bundleFunctions } from "../../../scripts/bench/bundles.ts";

const bundles = await bundleFunctions(join(tmpdir(), "benchstack-bundles"));

/** The clients of functions outside; those inside have S3 and SQS, which is all they reach. */
const outside: Record<string, string[]> = {
  "lambdas/events/scaler.ts": ["client-ecs"],
  "lambdas/events/on-deploy.ts": ["client-lambda", "client-secrets-manager"],
  "lambdas/events/migrate.ts": [],
};

describe("the bundles of functions", () => {
  for (const { entry, zippedBytes, clients } of bundles) {
    it(`${entry} is at most 1 MB zipped`, () => assert.ok(zippedBytes <= 1_000_000, `${zippedBytes} bytes`));
    it(`${entry} has no client of a service that it does not call`, () =>
      assert.deepEqual(clients, outside[entry] ?? ["client-s3", "client-sqs"]));
  }

  it("are all of them", () => assert.equal(bundles.length, 12));
});
