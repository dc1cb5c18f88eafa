import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { waitFor } from "../../support/wait.ts";
import { Lab, python, results, trivialScoring } from "./lab.ts";

/** What a worker of an organizer is told: the platform's address and its token. */
const bare = {
  AWS_ENDPOINT_URL_SQS: undefined,
  AWS_REGION: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
};

describe("a worker that knows the platform's address and its token alone", () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start();
    lab.api.lends = { seconds: 3600 };
  });
  afterEach(async () => {
    await lab.close();
    assert.deepEqual(lab.api.violations, []);
  });
  const start = () => lab.readyWorker({ launcher: "sandbox", environment: bare });
  const succeeds = async () =>
    assert.equal((await lab.run({ submission: results, scoring: trivialScoring })).report.outcome, "succeeded");

  it("is lent credentials for its queue, once an hour", async () => {
    await start();
    await succeeds();
    await succeeds();
    assert.equal(lab.api.lent, 1);
  });

  it("renews them before they end", async () => {
    lab.api.lends = { seconds: 200 };
    const worker = await start();
    await succeeds();
    assert.ok(lab.api.lent > 1);
    assert.doesNotMatch(JSON.stringify(worker.lines), /lent-\d|session/, "none is in its log");
  });

  it("goes on with those it has while new ones are not to be had", async () => {
    lab.api.lends = { seconds: 200 };
    const worker = await start();
    lab.api.lendsNone = true;
    await succeeds();
    assert.ok(worker.lines.some(({ event }) => event === "credentials.unrenewed"));
  });

  it("waits for new ones when the old ones have ended", async () => {
    lab.api.lends = { seconds: 0 };
    lab.api.lendsNone = false;
    const worker = await start();
    lab.api.lendsNone = true;
    const said = (what: string) => worker.lines.filter(({ event }) => event === what).length;
    await lab.ring();
    await waitFor("it to hear nothing", () => said("queue.unreachable") > 0, 30_000);
    const job = await lab.submit({ submission: results, scoring: trivialScoring });
    lab.api.lendsNone = false;
    lab.api.lends = { seconds: 3600 };
    assert.equal((await lab.report(job, 40_000)).outcome, "succeeded");
  });

  it("stops with a sentence at the next claim once its token is revoked, and reports nothing more", async () => {
    const worker = await lab.readyWorker({ launcher: "sandbox", slots: 2, environment: bare });
    const running = await lab.submit({
      submission: results,
      scoring: python("import time\ntime.sleep(1000)"),
      timeLimitSeconds: 2000,
    });
    await waitFor("it to run", () =>
      running.attempts[0]?.progress.some(({ step, stage }) => step === "scoring" && stage === "running"),
    );
    lab.api.isRevoked = true;
    await lab.ring();
    await waitFor("its end", () => worker.process.exitCode !== null, 30_000);
    assert.equal(worker.process.exitCode, 2);
    assert.match(
      String(worker.lines.at(-1)?.error),
      /BENCHSTACK_WORKER_TOKEN is not valid any more: .*Other workers will run the attempts of this worker again/,
    );
    assert.equal(running.attempts[0]?.report, null);
  });
});
