import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { areas } from "../../../lambdas/functions/areas.ts";
import { functionBundles } from "../../../lib/function-bundles.ts";
import { clientsIn, zippedBytes } from "../../../scripts/bench/bundles.ts";

/** The clients of functions outside; those inside have S3 and SQS, which is all they reach. */
const outside: Record<string, string[]> = {
  "lambdas/functions/api/worker-credentials.ts": ["client-lambda", "client-sts"],
  "lambdas/functions/api/sign-in.ts": ["client-lambda", "client-secrets-manager"],
  "lambdas/functions/events/mailer.ts": ["client-lambda", "client-sesv2"],
  "lambdas/functions/events/scaler.ts": ["client-ecs"],
  "lambdas/functions/events/on-deploy.ts": ["client-ecs", "client-lambda", "client-secrets-manager", "client-sqs"],
  "lambdas/functions/events/end-hosts.ts": ["client-auto-scaling"],
  "lambdas/functions/events/hosts.ts": ["client-auto-scaling", "client-ecs", "client-lambda"],
  "lambdas/functions/events/remove-hosts.ts": ["client-auto-scaling", "client-ecs"],
  "lambdas/functions/events/finish-deploy.ts": ["client-budgets", "client-rds"],
  "lambdas/functions/events/migrate.ts": [],
};

describe("the bundles of functions", () => {
  for (const [entry, bundle] of functionBundles()) {
    it(`${entry} is at most 1 MB zipped`, () =>
      assert.ok(zippedBytes(bundle) <= 1_000_000, `${zippedBytes(bundle)} bytes`));
    it(`${entry} has no client of a service that it does not call`, () =>
      assert.deepEqual(clientsIn(bundle), outside[entry] ?? ["client-s3", "client-sqs"]));
  }

  it("have the messages of zod in one language", () => {
    const inputs = [...functionBundles().values()].flatMap((bundle) => Object.entries(bundle.inputs));
    const locales = inputs.flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 && file.includes("/zod/v4/locales/") ? file : [],
    );
    const remedy = 'import * as z from "zod", of which esbuild takes what is used';
    assert.deepEqual([...new Set(locales)], ["node_modules/zod/v4/locales/en.js"], remedy);
  });

  it("are those of all areas and all events", () => {
    const handlers = [...Object.values(areas).map(({ entry }) => entry), ...globSync("lambdas/functions/events/*.ts")];
    assert.deepEqual([...functionBundles().keys()].sort(), handlers.sort());
  });
});
