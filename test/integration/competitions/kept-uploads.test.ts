/** What the platform checked is what it uses: a signature cannot replace a file after its check, and leaves none behind. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { artifacts, type Manifest } from "../../../contract/job.ts";
import type { Competition } from "../../../client/api-client.ts";
import { deleteLeftUploads, keepUpload } from "../../../lambdas/competitions/service/keep-upload.ts";
import { findDataset } from "../../../lambdas/competitions/db/datasets.ts";
import { copiesOf } from "../../../lambdas/jobs/rules/kept-files.ts";
import { eraseLostAttempts } from "../../../lambdas/jobs/service/erase.ts";
import { deleteOriginals } from "../../../lambdas/jobs/service/keep-files.ts";
import type { Context } from "../../../lambdas/kernel/context.ts";
import { programZip, submit as submitFile } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { expect, openLabWithCompetitions, phaseOf, type Lab } from "../support/lab.ts";

describe("a file", () => {
  let lab: Lab;
  let alice: Person;
  let single: Competition;
  beforeAll(async () => {
    ({ lab, alice, single } = await openLabWithCompetitions());
  });
  afterAll(() => lab.close());

  async function created(person: Person, type = "submission", fileName = "file.zip") {
    const json = { type, request_sassy_file_name: fileName, file_size: 1 };
    return expect<{ key: string; sassy_url: string }>(201, person, "POST", "/api/datasets/", { json });
  }
  const put = async (url: string, content: Buffer | string) =>
    (await fetch(url, { method: "PUT", body: new Uint8Array(Buffer.from(content)) })).status;
  async function uploaded(person: Person, content: Buffer | string, type?: string) {
    const { key, sassy_url } = await created(person, type);
    assert.equal(await put(sassy_url, content), 200);
    return { key, url: sassy_url };
  }
  const submit = (data: string) =>
    alice.send<{ id: number }>("POST", "/api/submissions/", { json: { phase: phaseOf(single), data } });
  /** Uploads with the permission of an attempt's worker. */
  async function writeAs({ attempt, upload }: Manifest, name: string, content: string): Promise<void> {
    const form = new FormData();
    for (const [field, value] of Object.entries(upload.fields)) form.append(field, value);
    form.append("key", artifacts.prefix(attempt.id) + name);
    form.append("file", new Blob([content]));
    assert.ok((await fetch(upload.url, { method: "POST", body: form })).ok);
  }
  const rowOf = async (key: string) => (await findDataset(lab.inside.db, key))!;
  async function downloaded(person: Person, key: string) {
    const { headers } = await person.send("GET", `/datasets/download/${key}/`);
    return (await fetch(headers.get("location")!)).text();
  }
  /** The keys of all objects of a kind of datasets. */
  const keysOf = async (type: string) =>
    (await lab.inside.objects.list({ bucket: "uploads", key: `${type}/` })).objects.map(({ ref }) => ref.key);

  it("that was uploaded stays what it was when it was submitted: for the worker, for organizers, and after its deletion (A-150)", async () => {
    const before = await keysOf("submission");
    const { key, url } = await uploaded(alice, "what was checked");
    assert.equal((await submit(key)).status, 201);
    assert.equal(await put(url, randomBytes(9_000_000)), 200, "the signature is valid for a day");

    const manifest = (await lab.claim())!;
    const [archive] = manifest.job.steps
      .flatMap(({ folders }) => folders)
      .flatMap(({ contents }) => contents)
      .flatMap((content) =>
        content.archive.from === "object" && content.archive.label === "submission" ? content.archive : [],
      );
    assert.equal(await (await fetch(archive!.object.url)).text(), "what was checked");
    await lab.finish(manifest, { scores: { accuracy: 1 } });
    assert.equal(await downloaded(lab.organizer, key), "what was checked");
    assert.equal((await rowOf(key)).file_size, "what was checked".length);

    const [{ id }] = await expect<[{ id: number }]>(200, alice, "GET", `/api/submissions/?phase=${phaseOf(single)}`);
    await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
    await waitFor("both objects to be erased", async () => {
      assert.deepEqual(await keysOf("submission"), before);
      return true;
    });
  });

  it("that is replaced between its check and its copy is refused, and taken as it then is (A-150)", async () => {
    const { key, url } = await uploaded(alice, "first");
    const { objects } = lab.inside;
    let isFirst = true;
    const slow: Context = {
      ...lab.inside,
      objects: Object.assign(Object.create(objects) as typeof objects, {
        head: async (ref: Parameters<typeof objects.head>[0]) => {
          const info = await objects.head(ref);
          if (isFirst) await put(url, "second");
          isFirst = false;
          return info;
        },
        copy: objects.copy.bind(objects),
        delete: objects.delete.bind(objects),
      }),
    };
    await assert.rejects(keepUpload(slow, await rowOf(key)), { code: "UPLOAD_REPLACED", kind: "conflict" });
    assert.equal((await submit(key)).status, 201);
    assert.equal(await downloaded(lab.organizer, key), "second");
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("that several requests complete at once is kept once", async () => {
    const before = await keysOf("submission");
    const { key } = await uploaded(alice, "once");
    const dataset = await rowOf(key);
    const kept = await Promise.all([1, 2, 3, 4].map(() => keepUpload(lab.inside, dataset)));
    assert.deepEqual(new Set(kept.map((one) => one?.object_key)), new Set([(await rowOf(key)).object_key]));
    assert.equal((await keysOf("submission")).length, before.length + 1);
  });

  it("that was uploaded in parts is neither replaced by a PUT nor by other parts (A-150)", async () => {
    const { key, sassy_url } = await created(alice);
    const path = `/api/datasets/${key}/multipart/`;
    await expect(201, alice, "POST", path, { json: { file_size: 5 } });
    const sign = async () =>
      (await expect<{ urls: { 1: string } }>(200, alice, "POST", `${path}parts/`, { json: { parts: [1] } })).urls[1];
    const part = await sign();
    assert.equal(await put(part, "parts"), 200);
    await expect(200, alice, "POST", `${path}complete/`, { json: {} });
    assert.equal(await put(sassy_url, "a PUT"), 200);
    assert.equal(await put(part, "other"), 404);
    assertRefused(await alice.send("POST", path, { json: { file_size: 6 } }), 400, "UPLOADED_ALREADY");
    await expect(200, alice, "POST", `${path}complete/`, { json: {} });
    assert.equal((await submit(key)).status, 201);
    assert.equal(await downloaded(lab.organizer, key), "parts");
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("of a task is kept when the task is made, or when a submission first needs it (A-150)", async () => {
    const program = await programZip();
    const early = await uploaded(lab.organizer, program, "scoring_program");
    const late = await created(lab.organizer, "input_data");
    const json = { name: "kept", scoring_program: early.key, input_data: late.key };
    const task = await expect<{ id: number }>(201, lab.organizer, "POST", "/api/tasks/", { json });
    assert.equal(await put(early.url, "replaced"), 200);
    assert.equal(await put(late.sassy_url, program), 200);

    const { phases } = await lab.competition({}, alice);
    await lab.inside.db
      .updateTable("phase_tasks")
      .set({ task_id: task.id })
      .where("phase_id", "=", phases[0]!.id)
      .execute();
    const { key } = await uploaded(alice, "a submission");
    await expect(201, alice, "POST", "/api/submissions/", { json: { phase: phases[0]!.id, data: key } });
    assert.equal(await put(late.sassy_url, "replaced"), 200);
    for (const file of [early.key, late.key]) {
      const { object_key } = await rowOf(file);
      assert.deepEqual(await lab.inside.objects.get({ bucket: "uploads", key: object_key }, 1e6), program);
    }
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("that was kept leaves nothing at its URL once that has expired", async () => {
    const { key, url } = await uploaded(alice, "kept");
    assert.equal((await submit(key)).status, 201);
    await put(url, "left over");
    const { incoming_key } = await rowOf(key);
    await deleteLeftUploads(lab.inside);
    assert.equal((await rowOf(key)).incoming_key, incoming_key, "somebody may still write there");
    const yesterday = sql<Date>`now() - interval '49 hours'`;
    await lab.inside.db.updateTable("datasets").set({ created_when: yesterday }).where("key", "=", key).execute();
    await deleteLeftUploads(lab.inside);
    assert.equal((await rowOf(key)).incoming_key, null);
    assert.equal(await lab.inside.objects.head({ bucket: "uploads", key: incoming_key! }), undefined);
    assert.equal(await downloaded(lab.organizer, key), "kept");
    await lab.runAll({ scores: { accuracy: 1 } });
  });

  it("of a result stays what it was when its report arrived, until it is deleted (R-148)", async () => {
    const competition = await lab.competition({ enable_detailed_results: true }, alice);
    const id = await submitFile(alice, phaseOf(competition), Buffer.from("a submission"));
    const manifest = (await lab.claim())!;
    await lab.finish(manifest, { scores: { accuracy: 1 }, details: "judged page" });
    const { db, objects } = lab.inside;
    const prefix = artifacts.prefix(manifest.attempt.id);
    const originals = async () =>
      (await objects.list({ bucket: "jobs", key: prefix })).objects.map(({ ref }) => ref.key);
    const judged = await originals();
    const replace = () =>
      Promise.all(judged.map((key) => writeAs(manifest, key.slice(prefix.length), "what nobody judged")));
    await replace();

    type Details = Record<"prediction_result" | "scoring_result" | "detailed_result", string> & {
      logs: { name: string; data_file: string }[];
    };
    const shown = async () => {
      const details = await expect<Details>(200, lab.organizer, "GET", `/api/submissions/${id}/get_details/`);
      const text = async (url: string) => (await fetch(url)).text();
      const log = await expect<{ text: string }>(
        200,
        alice,
        "GET",
        `/api/submissions/${id}/logs/?stream=scoring_stdout`,
      );
      const { entries } = await expect<{ entries: { stream: string; text: string }[] }>(
        200,
        alice,
        "GET",
        `/api/submissions/${id}/log_entries/`,
      );
      return {
        outputs: await Promise.all([details.prediction_result, details.scoring_result].map(text)),
        page: await text(details.detailed_result),
        logs: await Promise.all(details.logs.map(({ data_file }) => text(data_file))),
        log: log.text,
        entries: entries.map(({ text: one }) => one),
      };
    };
    const whatWasJudged = {
      outputs: ["output of prediction", "output of scoring"],
      page: "judged page",
      logs: ["log of prediction\n", "log of scoring\n"],
      log: "log of scoring\n",
      entries: ["log of prediction\n", "log of scoring\n"],
    };
    assert.deepEqual(await shown(), whatWasJudged);

    const dueWhen = async () =>
      (
        await db
          .selectFrom("attempts")
          .select("erase_when")
          .where("id", "=", manifest.attempt.id)
          .executeTakeFirstOrThrow()
      ).erase_when;
    const limits = manifest.job.steps.reduce((sum, step) => sum + step.timeLimitSeconds, 0);
    assert.ok((await dueWhen())!.getTime() > Date.now() + limits * 1000, "not before its signatures have expired");
    await deleteOriginals(lab.inside);
    assert.deepEqual(await originals(), judged);
    await db
      .updateTable("attempts")
      .set({ erase_when: sql<Date>`now() - interval '1 second'` })
      .where("id", "=", manifest.attempt.id)
      .execute();
    await deleteOriginals(lab.inside);
    assert.deepEqual(await originals(), []);
    assert.equal(await dueWhen(), null);
    assert.deepEqual(await shown(), whatWasJudged);

    await lab.organizer.client.request("DELETE", `/api/competitions/${competition.id}/`);
    await waitFor("the copies to be erased", async () => {
      const { objects: copies } = await objects.list({ bucket: "jobs", key: copiesOf(manifest.attempt.id) });
      return copies.length === 0;
    });
  });

  it("of a failed run stays what it was when its report arrived, also what it printed last (R-148)", async () => {
    const { id } = (await submit((await uploaded(alice, "a submission")).key)).body;
    const manifest = (await lab.claim())!;
    await lab.finish(manifest, { failure: "PROGRAM_EXIT" });
    await writeAs(manifest, artifacts.log("scoring", "program", "stdout"), "what nobody judged");
    const { text } = await expect<{ text: string }>(
      200,
      alice,
      "GET",
      `/api/submissions/${id}/logs/?stream=scoring_stdout`,
    );
    assert.equal(text, "log of scoring\n");
    const { failure } = await expect<{ failure: { last_lines: string[] } }>(
      200,
      alice,
      "GET",
      `/api/submissions/${id}/`,
    );
    assert.ok(!JSON.stringify(failure).includes("nobody"), JSON.stringify(failure));
  });

  it("of an attempt that lost its job is erased when its worker can write no more (A-155)", async () => {
    const { key } = await uploaded(alice, "a submission");
    const { id } = (await submit(key)).body;
    const lost = (await lab.claim())!;
    const write = (name: string) => writeAs(lost, name, "output");
    await write("prediction/output.zip");
    await lab.release(lost);
    const won = (await lab.claim())!;
    await lab.finish(won, { scores: { accuracy: 1 } });
    await write("scoring/output.zip");

    const filesOf = async ({ attempt }: Manifest) =>
      (await lab.inside.objects.list({ bucket: "jobs", key: artifacts.prefix(attempt.id) })).objects.length;
    const result = await filesOf(won);
    const erased = async () => {
      await eraseLostAttempts(lab.inside);
      return (await filesOf(lost)) === 0;
    };
    assert.equal(await erased(), false, "its worker can still write");
    const { erase_when } = await lab.inside.db
      .selectFrom("attempts")
      .select("erase_when")
      .where("id", "=", lost.attempt.id)
      .executeTakeFirstOrThrow();
    const limits = lost.job.steps.reduce((sum, step) => sum + step.timeLimitSeconds, 0);
    assert.ok(erase_when!.getTime() > Date.now() + limits * 1000, "not before its signatures have expired");
    await lab.inside.db
      .updateTable("attempts")
      .set({ erase_when: sql<Date>`now() - interval '1 second'` })
      .where("id", "=", lost.attempt.id)
      .execute();
    await waitFor("the files of the lost attempt to be erased", erased, 60_000);
    assert.equal(await filesOf(won), result);
    await expect(204, alice, "DELETE", `/api/submissions/${id}/`);
  });
});
