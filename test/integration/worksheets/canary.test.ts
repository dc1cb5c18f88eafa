/** The function that tries worksheets on a schedule, against a platform that runs. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { canarySteps } from "../../../client/canary.ts";
import { toEnvironment } from "../../../lambdas/kernel/environment.ts";
import { hashToken } from "../../../lambdas/kernel/secrets.ts";
import { canaryUsername, setCanary } from "../../../lambdas/worksheets/service/canary-account.ts";
import { startAwsJson } from "../../support/aws-json.ts";
import { requireDocker, testImage } from "../../support/docker.ts";
import { startTestPlatform, type TestPlatform } from "../../support/platform.ts";

const execute = promisify(execFile);
/** As CloudFormation makes one. */
const token = "c".repeat(43);

type Line = Record<string, unknown> & { _aws?: { CloudWatchMetrics: { Namespace: string }[] } };

describe("the canary on a schedule", () => {
  let platform: TestPlatform;
  let secrets: Awaited<ReturnType<typeof startAwsJson>>;
  beforeAll(async () => {
    await requireDocker();
    platform = await startTestPlatform({
      database: "postgres",
      worker: { launcher: "docker", slots: 1 },
      worksheets: { image: testImage, protectedMode: true },
    });
    secrets = await startAwsJson(({ body }) => {
      assert.equal(body["SecretId"], "canary-token");
      return { SecretString: JSON.stringify({ token }) };
    });
  });
  afterAll(async () => {
    await secrets.close();
    await platform.close();
  });

  const account = () =>
    platform.inside.db.selectFrom("users").selectAll().where("username", "=", canaryUsername).executeTakeFirstOrThrow();

  /** What the function writes, in a process of its own as in Lambda. */
  async function run(): Promise<{ metrics: Line[]; events: Line[] }> {
    const code =
      'const { handler } = await import("./lambdas/functions/events/canary.ts"); await handler(); process.exit();';
    const { stdout, stderr } = await execute(process.execPath, ["--input-type=module", "--eval", code], {
      env: {
        ...process.env,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "key",
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        ...toEnvironment<"canary">({
          CANARY_SECRET: "canary-token",
          METRICS_NAMESPACE: "Bench",
          PUBLIC_URL: platform.url,
        }),
      },
    });
    assert.ok(!`${stdout}${stderr}`.includes(token), "the token was printed");
    const lines = `${stdout}\n${stderr}`
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
    return { metrics: lines.filter(({ _aws }) => _aws), events: lines.filter(({ event }) => event !== undefined) };
  }

  it("does all its steps as an account that may do nothing else, and says so in metrics (W-143, W-144)", async () => {
    await setCanary(platform.inside.db, hashToken(token));
    const { metrics, events } = await run();
    assert.deepEqual(
      events.map(({ event }) => event),
      ["canary.succeeded"],
      JSON.stringify(events),
    );
    assert.deepEqual(
      metrics.map(({ Step, CanaryFailures }) => [Step, CanaryFailures]),
      [...canarySteps.map((step) => [step, 0]), [undefined, 0]],
    );
    for (const { Step, CanarySeconds, _aws } of metrics) {
      assert.equal(_aws!.CloudWatchMetrics[0]!.Namespace, "Bench");
      assert.equal(typeof CanarySeconds, Step === undefined ? "undefined" : "number");
    }
    const { id, is_superuser, is_bot, password_hash } = await account();
    assert.deepEqual([is_superuser, is_bot, password_hash], [false, true, null]);
    assert.deepEqual(
      await platform.inside.db.selectFrom("bundles").select("uuid").where("owner_id", "=", id).execute(),
      [],
    );
  });

  it("has one token, whose hash is stored, however often it is deployed (W-144)", async () => {
    await setCanary(platform.inside.db, hashToken("another one"));
    await setCanary(platform.inside.db, hashToken(token));
    const tokens = await platform.inside.db
      .selectFrom("api_tokens")
      .select(["token_hash", "kind"])
      .where("user_id", "=", (await account()).id)
      .execute();
    assert.deepEqual(tokens, [{ token_hash: hashToken(token), kind: "token" }]);
  });

  it("is let in no longer without the option, and says which step fails and why (W-143, W-144)", async () => {
    await setCanary(platform.inside.db, null);
    const { metrics, events } = await run();
    assert.deepEqual(
      metrics.map(({ Step, CanaryFailures }) => [Step, CanaryFailures]),
      [
        ["upload", 1],
        [undefined, 1],
      ],
    );
    assert.deepEqual(
      events.map(({ event, level, step }) => [event, level, step]),
      [["canary.failed", "error", "upload"]],
    );
    assert.match(String(events[0]!["reason"]), /token/i);
  });
});
