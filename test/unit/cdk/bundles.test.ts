import assert from "node:assert/strict";
import { globSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { areas } from "../../../lambdas/functions/areas.ts";
import { imageFormat } from "../../../lambdas/kernel/objects/image-format.ts";
import type * as Pictures from "../../../lambdas/kernel/pictures/pictures.ts";
import { bundle, functionBundles } from "../../../lib/function-bundles.ts";
import { logo } from "../../support/competitions.ts";
import { temporaryFolder } from "../../support/files.ts";
import { clientsIn, zippedBytes } from "../../../scripts/bench/bundles.ts";

/** The clients of functions outside; those inside have S3 and SQS, which is all they reach. */
const outside: Record<string, string[]> = {
  "lambdas/functions/api/worker-credentials.ts": ["client-lambda", "client-sts"],
  "lambdas/functions/api/sign-in.ts": ["client-lambda", "client-secrets-manager"],
  "lambdas/functions/events/canary.ts": ["client-secrets-manager"],
  "lambdas/functions/events/mailer.ts": ["client-lambda", "client-sesv2"],
  "lambdas/functions/events/scaler.ts": ["client-ecs"],
  "lambdas/functions/events/on-deploy.ts": ["client-ecs", "client-lambda", "client-secrets-manager", "client-sqs"],
  "lambdas/functions/events/end-hosts.ts": ["client-auto-scaling"],
  "lambdas/functions/events/look-at-hosts.ts": ["client-ec2", "client-lambda"],
  "lambdas/functions/events/hosts.ts": ["client-auto-scaling", "client-ecs", "client-lambda"],
  "lambdas/functions/events/remove-hosts.ts": ["client-auto-scaling", "client-ecs"],
  "lambdas/functions/events/finish-deploy.ts": ["client-budgets", "client-rds"],
  "lambdas/functions/events/publish-web.ts": ["client-s3"],
  "lambdas/functions/events/migrate.ts": [],
};

describe("the bundles of functions", () => {
  for (const [entry, made] of functionBundles()) {
    // The description of the API has all of its routes, and is asked for rarely.
    const most = entry === "lambdas/functions/api/description.ts" ? 1_300_000 : 1_000_000;
    it(`${entry} is at most ${most / 1e6} MB zipped`, () =>
      assert.ok(zippedBytes(made) <= most, `${zippedBytes(made)} bytes`));
    it(`${entry} has no client of a service that it does not call`, () =>
      assert.deepEqual(clientsIn(made), outside[entry] ?? ["client-s3", "client-sqs"]));
  }

  it("have the messages of zod in one language", () => {
    const inputs = [...functionBundles().values()].flatMap((made) => Object.entries(made.inputs));
    const locales = inputs.flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 && file.includes("/zod/v4/locales/") ? file : [],
    );
    const remedy = 'import * as z from "zod", of which esbuild takes what is used';
    assert.deepEqual([...new Set(locales)], ["node_modules/zod/v4/locales/en.js"], remedy);
  });

  it("make pictures with what lies beside them, wherever they are", async () => {
    const folder = await temporaryFolder();
    const path = "lambdas/kernel/pictures/pictures.ts";
    // Together with another folder's function, as a deployment bundles them.
    const { contents, files } = bundle([path, "lambdas/functions/events/scaler.ts"]).get(path)!;
    for (const [name, content] of Object.entries({ "index.cjs": contents, ...files }))
      writeFileSync(join(folder.path, name), content);
    const { pictureOf } = createRequire(import.meta.url)(join(folder.path, "index.cjs")) as typeof Pictures;
    const { large } = await pictureOf("photo", logo);
    assert.equal(imageFormat((await pictureOf("logo", large)).small), "webp");
    await folder.remove();
  });

  it("are those of all areas and all events", () => {
    const handlers = [...Object.values(areas).map(({ entry }) => entry), ...globSync("lambdas/functions/events/*.ts")];
    assert.deepEqual([...functionBundles().keys()].sort(), handlers.sort());
  });
});
