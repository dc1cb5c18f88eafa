/** Programs have a network if the organizer requests it and the platform's administrator allows it. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { findPhase, tasksOfPhases } from "../../../lambdas/competitions/db/competitions.ts";
import { unpackBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { requestCreation } from "../../../lambdas/competitions/service/bundle-import/creations.ts";
import { planRuns } from "../../../lambdas/competitions/service/runs.ts";
import { offer } from "../../support/below-the-api.ts";
import { bundleFiles, inDays, phase, zip } from "../../support/competitions.ts";
import { never, startLab, type Lab } from "./lab.ts";

describe("the network of a competition's programs (R-50)", () => {
  let lab: Lab;
  beforeAll(async () => (lab = await startLab()));
  afterAll(() => lab.close());

  const platformThat = (allows: boolean) => ({
    ...lab.context,
    environment: { ...lab.context.environment, ALLOW_NETWORK: allows },
  });

  async function imported(wants: boolean | undefined, allows: boolean) {
    const bundle = await lab.upload(await zip(bundleFiles({ enable_network: wants })));
    const id = await requestCreation(lab.context, bundle.id, lab.userId);
    await unpackBundle(platformThat(allows), id, never);
    const creation = await lab.creation(id);
    assert.equal(creation.status, "Finished", creation.details ?? "");
    return creation;
  }

  async function networksOf(competitionId: number, allows: boolean): Promise<string[]> {
    const { db } = lab.context;
    const { id } = await db
      .selectFrom("phases")
      .select("id")
      .where("competition_id", "=", competitionId)
      .executeTakeFirstOrThrow();
    const tasks = await tasksOfPhases(db, [id]);
    const plan = await planRuns(
      platformThat(allows),
      (await findPhase(db, id))!,
      tasks.map((task) => task.id),
      null,
    );
    return plan.spec(tasks[0]!.id, { bucket: "uploads", key: "submission" }).steps.map(({ network }) => network);
  }

  for (const wants of [true, false, undefined])
    for (const allows of [true, false])
      it(`is ${wants && allows ? "open" : "none"} if enable_network is ${wants ?? "missing"} and ALLOW_NETWORK is ${allows}`, async () => {
        const { problems, resulting_competition } = await imported(wants, allows);
        const told = problems.map(({ code, severity, path }) => `${severity} ${code} ${path}`);
        assert.deepEqual(told, wants && !allows ? ["warning BND-29 enable_network"] : []);
        const expected = wants && allows ? "open" : "none";
        assert.deepEqual(await networksOf(resulting_competition!, allows), [expected, expected]);
      });

  it("is joined by what the platform does with more time than its cap, said once (BND-83)", async () => {
    const phases = [
      phase({ name: "Short", end: inDays(1) }),
      phase({ index: 1, name: "Long", start: inDays(2), end: inDays(3), execution_time_limit: 36_000 }),
      phase({ index: 2, name: "Longer", start: inDays(4), execution_time_limit: 72_000 }),
    ];
    const { status, problems } = await lab.unpack(await lab.upload(await zip(bundleFiles({ phases }))));
    assert.equal(status, "Finished");
    assert.deepEqual(
      problems.map(({ code, path }) => `${code} ${path}`),
      ["BND-83 phases[1].execution_time_limit"],
    );
    assert.match(problems[0]!.message, /stopped after 600 seconds in each step.*"Long" and "Longer"/);
  });

  it("is none on a queue whose hosts have no network, and a bundle that uses the queue gets a warning (BND-29)", async () => {
    const { db, environment } = lab.context;
    const profile = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 1, network: false, users: null };
    const { id: queue } = await db
      .insertInto("queues")
      .values({
        name: "gpu",
        sqs_name: "test-gpu",
        owner_id: lab.userId,
        step_profiles: JSON.stringify({ prediction: "gpu", scoring: "gpu" }),
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const platform = {
      ...lab.context,
      environment: { ...environment, ALLOW_NETWORK: true },
    };
    await offer(lab.context, { gpu: profile });
    const told = async (settings: object) => {
      const bundle = await lab.upload(await zip(bundleFiles({ queue, ...settings })));
      const id = await requestCreation(lab.context, bundle.id, lab.userId);
      await unpackBundle(platform, id, never);
      const { status, problems } = await lab.creation(id);
      assert.equal(status, "Finished");
      return problems.map(({ code, message }) => `${code} ${message}`);
    };
    assert.deepEqual(await told({ enable_network: true }), [
      "BND-29 On the queue's capacity profile gpu, steps run without a network. Choose another queue, or remove enable_network.",
    ]);
    assert.deepEqual(await told({}), []);
    assert.deepEqual(await told({ enable_network: true, queue: null }), []);
  });

  it("depends on what is allowed when a submission is made, not when the bundle was imported", async () => {
    const { resulting_competition } = await imported(true, false);
    assert.deepEqual(await networksOf(resulting_competition!, true), ["open", "open"]);
  });
});
