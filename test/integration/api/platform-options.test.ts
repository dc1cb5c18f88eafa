import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { throttles } from "../../../lambdas/accounts/rules/throttle.ts";
import { bundleFiles, phase, publishCompetition, submit } from "../../support/competitions.ts";
import { startTestPlatform, type TestPlatform } from "../../support/platform.ts";

describe("options of a platform", () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({
      database: "postgres",
      worker: null,
      signIn: { signUp: "closed" },
      freeTries: { logIn: 1 },
      maxStepSeconds: 60,
    });
  });
  afterAll(() => platform.close());

  it("can disable signing up: only administrators then create accounts", async () => {
    const json = { username: "ada-lovelace", password: "a long password", email: "ada@example.org" };
    await platform.refuses(() => platform.send("POST", "/api/signup/", { content: { json } }), 403, "SIGN_UP_DISABLED");
    const { status } = await platform.admin.send("POST", "/api/users/", { json });
    assert.equal(status, 201);
  });

  it("say how many tries are free (A-162)", async () => {
    const tryOut = () =>
      platform.send("POST", "/api/api-token-auth/", { content: { json: { username: "nobody", password: "wrong" } } });
    // By default, so many would all be answered. Pauses double, so that even a slow machine comes to one.
    const statuses = (await Promise.all(Array.from({ length: throttles.logIn.free + 1 }, tryOut))).map(
      ({ status }) => status,
    );
    assert.deepEqual([...new Set(statuses)].sort(), [400, 429]);
  });

  it("limit the steps of the default queue, whatever a phase allows (R-81)", async () => {
    const limitOf = async (execution_time_limit: number) => {
      const phases = [phase({ execution_time_limit })];
      const competition = await publishCompetition(platform.admin, bundleFiles({ phases }));
      const submission = await submit(platform.admin, competition.phases[0]!.id, Buffer.from("x"));
      const { spec } = await platform.inside.db
        .selectFrom("submissions as s")
        .innerJoin("jobs as j", "j.id", "s.job_id")
        .select("j.spec")
        .where("s.id", "=", submission)
        .executeTakeFirstOrThrow();
      return spec.steps.map(({ timeLimitSeconds }) => timeLimitSeconds);
    };
    assert.deepEqual(await limitOf(30), [30, 30]);
    assert.deepEqual(await limitOf(3600), [60, 60]);
  });
});
