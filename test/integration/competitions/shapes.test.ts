/** Answers have Codabench's keys and value formats where clients may rely on them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import { bundleFiles, phase, programZip, unpacked, upload, zip } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLabWithPeople, type Lab, type ShownSubmission } from "../support/lab.ts";

type Json = Record<string, unknown>;
interface Page<Item> {
  count: number;
  next: string | null;
  previous: string | null;
  page_size?: number;
  results: Item[];
}

describe("answers of the API", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  let competition: Competition;
  let taskId: number;
  let phaseId: number;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
    competition = await lab.competition(
      {
        solutions: [{ index: 0, tasks: [0], path: "terms.md", name: "An example" }],
        phases: [phase({ start: "2026-01-31 13:30:00", starting_kit: "overview.md", public_data: "terms.md" })],
        ...boardWithRule("Add_And_Delete", [
          { title: "Mean", key: "mean", index: 3, computation: "avg", computation_indexes: [0] },
        ]),
      },
      alice,
      bob,
    );
    phaseId = competition.phases[0]!.id;
    taskId = competition.phases[0]!.tasks[0]!.id;
  });
  afterAll(() => lab.close());

  const idOf = async ({ username }: Person) =>
    (await lab.inside.db.selectFrom("users").select("id").where("username", "=", username).executeTakeFirstOrThrow())
      .id;
  const get = <Body = Json>(person: Person, path: string) => expect<Body>(200, person, "GET", path);
  const keysOf = (object: object) => Object.keys(object).sort();

  describe("a task", () => {
    it("read by id contains its files and people, and also key and ingestion_only_during_scoring (A-71)", async () => {
      const task = await get<Json & { scoring_program: { key: string } }>(lab.organizer, `/api/tasks/${taskId}/`);
      assert.deepEqual(keysOf(task), [
        "competitions",
        "created_by",
        "created_when",
        "description",
        "id",
        "ingestion_only_during_scoring",
        "ingestion_program",
        "input_data",
        "is_public",
        "key",
        "name",
        "owner_display_name",
        "permissions",
        "reference_data",
        "scoring_program",
        "shared_with",
        "solutions",
        "validated",
      ]);
      assert.deepEqual(keysOf(task.scoring_program), ["id", "key", "name", "type"]);
      const dataset = await get<Json>(lab.organizer, `/api/datasets/${task.scoring_program.key}/`);
      const { id, key, name, type } = dataset;
      assert.deepEqual(task.scoring_program, { id, key, name, type });
      assert.deepEqual(
        [task["input_data"], task["created_by"], task["validated"]],
        [null, lab.organizer.username, false],
      );
      assert.deepEqual(task["competitions"], [{ id: competition.id, title: competition.title }]);
    });

    it("contains keys and ids in the answer to a change and in a submission (A-71)", async () => {
      const scoring_program = await upload(alice, "scoring_program", await programZip());
      const ids = { alice: await idOf(alice), bob: await idOf(bob) };
      const made = await expect<Json & { id: number }>(201, alice, "POST", "/api/tasks/", {
        json: { name: "Mine", scoring_program, shared_with: [ids.bob] },
      });
      assert.deepEqual(keysOf(made), [
        "created_by",
        "created_when",
        "description",
        "id",
        "ingestion_only_during_scoring",
        "ingestion_program",
        "input_data",
        "is_public",
        "key",
        "name",
        "reference_data",
        "scoring_program",
        "shared_with",
        "validated",
      ]);
      assert.deepEqual(
        [made["created_by"], made["scoring_program"], made["shared_with"]],
        [ids.alice, scoring_program, [ids.bob]],
      );
      for (const method of ["PATCH", "PUT"])
        assert.deepEqual(await expect(200, alice, method, `/api/tasks/${made.id}/`, { json: { name: "Ours" } }), {
          ...made,
          name: "Ours",
        });
      const submission = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
      const { task } = await get<{ task: Json }>(alice, `/api/submissions/${submission}/`);
      assert.deepEqual(keysOf(task), keysOf(made));
      assert.equal(task["created_by"], await idOf(lab.organizer));
    });

    it("shows only its creator whom it is shared with and which competitions use it (A-72)", async () => {
      const path = `/api/tasks/${taskId}/`;
      await expect(200, lab.organizer, "PATCH", path, { json: { shared_with: [await idOf(bob)] } });
      const seen = async (person: Person) => {
        const { shared_with, competitions } = await get<{ shared_with: unknown; competitions: unknown[] }>(
          person,
          path,
        );
        return [shared_with, competitions.length];
      };
      assert.deepEqual(
        [await seen(lab.organizer), await seen(bob)],
        [
          [[bob.username], 1],
          [[], 0],
        ],
      );
      await expect(200, lab.organizer, "PATCH", path, { json: { shared_with: [] } });
    });

    it("has its solutions with complete datasets in the list, which can be filtered by creator and by being public (A-73)", async () => {
      type Listed = { id: number; solutions: { name: string; data: Json }[] };
      const list = async (query = "") => (await get<Page<Listed>>(lab.organizer, `/api/tasks/?${query}`)).results;
      const [solution] = (await list()).find(({ id }) => id === taskId)!.solutions;
      assert.deepEqual(keysOf(solution!), ["data", "name"]);
      assert.equal(solution!.name, "An example");
      // What a dataset by itself says besides.
      const { permissions, downloads, is_verified, sha256, ...data } = await get(
        lab.organizer,
        `/api/datasets/${String(solution!.data["key"])}/`,
      );
      assert.deepEqual(permissions, { download: true, edit: true, use: true, verify: false });
      assert.deepEqual([downloads, is_verified, sha256], [0, false, null]);
      assert.deepEqual(solution!.data, data);
      const has = async (query: string) => (await list(query)).some(({ id }) => id === taskId);
      assert.deepEqual(
        [
          await has(`created_by=${await idOf(lab.organizer)}`),
          await has(`created_by=${await idOf(alice)}`),
          await has("is_public=false"),
          await has("is_public=true"),
        ],
        [true, false, true, false],
      );
    });
  });

  it("a phase read by id contains ids of its files, and accepts ids and keys (A-74)", async () => {
    const path = `/api/phases/${phaseId}/`;
    const before = await get<{ starting_kit: number; public_data: number }>(lab.organizer, path);
    const { phases } = await get<{ phases: { starting_kit: { id: number }; public_data: { id: number } }[] }>(
      lab.organizer,
      `/api/competitions/${competition.id}/`,
    );
    assert.deepEqual(
      [before.starting_kit, before.public_data],
      [phases[0]!.starting_kit.id, phases[0]!.public_data.id],
    );
    // An answer may be sent back unchanged.
    assert.deepEqual(await expect(200, lab.organizer, "PUT", path, { json: before }), before);
    const key = await upload(lab.organizer, "starting_kit", Buffer.from("kit"));
    const { id } = await get<{ id: number }>(lab.organizer, `/api/datasets/${key}/`);
    const change = (json: Json) => expect<{ starting_kit: number | null }>(200, lab.organizer, "PATCH", path, { json });
    assert.equal((await change({ starting_kit: id })).starting_kit, id);
    assert.equal((await change({ starting_kit: null })).starting_kit, null);
    assert.equal((await change({ starting_kit: key })).starting_kit, id);
    const refused = await lab.organizer.send("PATCH", path, { json: { starting_kit: 2_000_000_000 } });
    assertRefused(refused, 400, "NO_SUCH_DATASET");
    assert.ok(Array.isArray(refused.body["starting_kit"]));
    const bobs = await upload(bob, "starting_kit", Buffer.from("kit"));
    const { id: strange } = await get<{ id: number }>(bob, `/api/datasets/${bobs}/`);
    assert.equal((await lab.organizer.send("PATCH", path, { json: { starting_kit: strange } })).status, 400);
    await change({ starting_kit: before.starting_kit });
  });

  it("computation_indexes are texts, or null without a computation (A-75)", async () => {
    const { leaderboards } = await get<{ leaderboards: { columns: { computation_indexes: unknown }[] }[] }>(
      alice,
      `/api/competitions/${competition.id}/`,
    );
    assert.deepEqual(
      leaderboards[0]!.columns.map((column) => column.computation_indexes),
      [null, ["0"]],
    );
    const changed = await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, {
      json: { leaderboards },
    });
    assert.deepEqual((changed as { leaderboards: unknown }).leaderboards, leaderboards);
  });

  it("dates have no fraction of a second if it is zero (A-6)", async () => {
    const { phases } = await get<{ phases: { start: string }[] }>(alice, `/api/competitions/${competition.id}/`);
    assert.equal(phases[0]!.start, "2026-01-31T13:30:00Z");
    assert.equal(
      (await get<{ start: string }>(lab.organizer, `/api/phases/${phaseId}/`)).start,
      "2026-01-31T13:30:00Z",
    );
  });

  it("the API description is where Codabench has its own (A-77)", async () => {
    const schema = await lab.send("GET", "/api/api/schema/");
    assert.equal(schema.status, 200);
    assert.deepEqual(schema.body, (await lab.send("GET", "/api/schema.json")).body);
    const page = await lab.send("GET", "/api/redoc/");
    assert.deepEqual([page.status, page.headers.get("location")], [302, "/api/docs/"]);
  });

  it("a page after the last one does not exist, and a page has at most 1000 items (A-78)", async () => {
    for (const path of [
      "/api/datasets/",
      "/api/tasks/",
      "/api/queues/",
      "/api/competitions/public/",
      "/api/datasets/public/",
    ]) {
      assertRefused(await bob.send("GET", `${path}?page=2&page_size=1000`), 404, "NO_SUCH_PAGE");
      const { results, next } = await get<Page<unknown>>(bob, `${path}?page=1&page_size=5000`);
      assert.deepEqual([results.length <= 1000, next], [true, null]);
    }
    const { page_size } = await get<Page<unknown>>(bob, "/api/competitions/public/?page_size=5000");
    assert.equal(page_size, 1000);
  });

  it("a page must be a number, and a filter by something that does not exist finds nothing (A-104)", async () => {
    for (const page of ["abc", "last", "0"])
      assertRefused(await bob.send("GET", `/api/datasets/?page=${page}`), 400, "INVALID");
    assert.deepEqual(await get(bob, "/api/submissions/?phase=2000000000"), []);
  });

  it("creation_status contains the uploader's id (A-79)", async () => {
    const key = await upload(alice, "competition_bundle", await zip(bundleFiles()));
    const { status_id } = await expect<{ status_id: number }>(200, alice, "PUT", `/api/datasets/completed/${key}/`);
    const status = await get(alice, `/api/competitions/${status_id}/creation_status/`);
    assert.deepEqual(keysOf(status), [
      "created_by",
      "details",
      "problems",
      "progress",
      "resulting_competition",
      "status",
    ]);
    assert.equal(status["created_by"], await idOf(alice));
    assert.equal((await bob.send("GET", `/api/competitions/${status_id}/creation_status/`)).status, 404);
  });

  describe("datasets", () => {
    it("are listed with other people's public ones, unless a kind is requested (A-80)", async () => {
      const key = await upload(bob, "input_data", Buffer.from("x"));
      await expect(200, bob, "PATCH", `/api/datasets/${key}/`, { json: { is_public: true } });
      const listed = async (query: string) =>
        (await get<Page<{ key: string }>>(alice, `/api/datasets/?search=${key}&${query}`)).count;
      assert.deepEqual(
        [await listed(""), await listed("_type=dataset"), await listed("_type=dataset&_public=true")],
        [1, 0, 1],
      );
    });

    it("that are bundles tell what became of them until they are a competition (A-295)", async () => {
      const creations = (person: Person) =>
        get<{ id: number; file_name: string; status: string; problems: { code: string }[] }[]>(
          person,
          "/api/competitions/creations/",
        );
      await unpacked(lab.organizer, await zip(bundleFiles({ image: "no-such-logo.png" })));
      const [refused, ...others] = await creations(lab.organizer);
      assert.deepEqual(
        [refused!.file_name, refused!.status, refused!.problems.map(({ code }) => code), others],
        [null, "Failed", ["BND-22"], []],
      );
      assert.deepEqual(await creations(bob), []);
    });

    it("become drafts, which only their organizers find (A-296)", async () => {
      const { resulting_competition: id } = await unpacked(lab.organizer, await zip(bundleFiles()));
      const finds = async (person: Person, query: string) =>
        (await get<Page<{ id: number }>>(person, `/api/competitions/public/?${query}`)).results.some(
          (competition) => competition.id === id,
        );
      assert.deepEqual(
        [
          await finds(lab.organizer, "organizing=true&drafts=true"),
          await finds(lab.organizer, "organizing=true"),
          await finds(lab.organizer, "drafts=true"),
          await finds(bob, "organizing=true&drafts=true"),
        ],
        [true, false, false, false],
      );
    });

    it("are also found by the title of their competition", async () => {
      const { dataset } = await unpacked(lab.organizer, await zip(bundleFiles({ title: "Needle in a haystack" })));
      const { results } = await get<Page<{ key: string }>>(
        lab.organizer,
        "/api/datasets/?_type=bundle&search=haystack",
      );
      assert.deepEqual(
        results.map(({ key }) => key),
        [dataset],
      );
    });

    it("have sizes as numbers of bytes (A-84)", async () => {
      const key = await upload(bob, "public_data", Buffer.from("four"));
      await expect(200, bob, "PUT", `/api/datasets/completed/${key}/`);
      await expect(200, bob, "PATCH", `/api/datasets/${key}/`, { json: { is_public: true } });
      assert.equal((await get(bob, `/api/datasets/${key}/`))["file_size"], 4);
      const { results } = await get<Page<{ key: string; file_size: unknown; created_by: string }>>(
        alice,
        "/api/datasets/public/",
      );
      const listed = results.find((dataset) => dataset.key === key);
      assert.deepEqual([listed?.file_size, listed?.created_by], [4, bob.username]);
    });

    it("of submissions may be made public before they ran (A-87)", async () => {
      const key = await upload(alice, "submission", Buffer.from("x"));
      const { id } = await expect<{ id: number }>(201, alice, "POST", "/api/submissions/", {
        json: { phase: phaseId, data: key },
      });
      assert.equal((await get<{ md5: unknown }>(alice, `/api/submissions/${id}/`)).md5, null);
      const changed = await expect(200, alice, "PATCH", `/api/datasets/${key}/`, { json: { is_public: true } });
      assert.equal((changed as { is_public: boolean }).is_public, true);
      await lab.runAll({ scores: { accuracy: 0.5 } });
    });
  });

  describe("refusals", () => {
    it("name the field if the phase or file of a submission does not exist (A-81)", async () => {
      const data = await upload(alice, "submission", Buffer.from("x"));
      const submit = (json: Json) => alice.send("POST", "/api/submissions/", { json });
      for (const [field, json] of Object.entries({
        phase: { phase: 2_000_000_000, data },
        data: { phase: phaseId, data: randomUUID() },
        tasks: { phase: phaseId, data, tasks: [2_000_000_000] },
        queue: { phase: phaseId, data, queue: randomUUID() },
      })) {
        const { status, body } = await submit(json);
        assert.equal(status, 400);
        assert.ok(Array.isArray(body[field]), `${field}: ${JSON.stringify(body)}`);
      }
      const dataset = { type: "submission", request_sassy_file_name: "a.zip", competition: 2_000_000_000 };
      const unknown = await alice.send("POST", "/api/datasets/", { json: dataset });
      assertRefused(unknown, 400, "NO_SUCH_COMPETITION");
      assert.ok(Array.isArray(unknown.body["competition"]));
    });

    it("are 404 for what a user may not see, and 403 for what they may see but not do (A-82)", async () => {
      const hidden = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
      for (const [method, path] of [
        ["GET", ""],
        ["DELETE", ""],
        ["GET", "cancel_submission/"],
        ["POST", "re_run_submission/"],
        ["GET", "toggle_public/"],
        ["POST", "cancel_submission/"],
        ["POST", "toggle_public/"],
      ] as const)
        assertRefused(await bob.send(method, `/api/submissions/${hidden}/${path}`), 404, "NO_SUCH_SUBMISSION");
      assertRefused(await bob.send("GET", `/api/participants/?competition=${competition.id}`), 403, "NOT_ALLOWED");
      assertRefused(await bob.send("DELETE", `/api/competitions/${competition.id}/`), 403, "NOT_ALLOWED");
      assertRefused(await lab.send("GET", "/api/competitions/public/?organizing=true"), 403, "NOT_LOGGED_IN");
    });

    it("also give the reason under Codabench's names (A-5)", async () => {
      const saysUnder = async (name: string, person: Person, method: string, path: string, json?: unknown) => {
        const { status, body } = await person.send(method, path, json === undefined ? undefined : { json });
        assert.ok(status >= 400, `${method} ${path} answered ${status}`);
        assert.equal(body[name], body["detail"], `${method} ${path}`);
      };
      const on = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
      await expect(200, alice, "POST", `/api/submissions/${on}/submission_leaderboard_connection/`);
      await saysUnder("error", alice, "DELETE", `/api/submissions/${on}/soft_delete/`);
      await saysUnder("error", lab.organizer, "DELETE", `/api/submissions/${on}/soft_delete/`);
      await saysUnder("error", alice, "POST", "/api/submissions/download_many/", {});
      await saysUnder("error", alice, "POST", "/api/submissions/download_many/", { pks: "all" });
      await saysUnder("error", alice, "POST", "/api/submissions/download_many/", { pks: [2_000_000_000] });
      await saysUnder("error", lab.organizer, "DELETE", `/api/tasks/${taskId}/`);
      await saysUnder("error_msg", alice, "GET", `/api/submissions/${on}/get_detail_result/`);
      const names = [
        await upload(alice, "input_data", Buffer.from("x")),
        await upload(alice, "input_data", Buffer.from("x")),
      ];
      await expect(200, alice, "PATCH", `/api/datasets/${names[0]}/`, { json: { name: "taken" } });
      const taken = await alice.send("PATCH", `/api/datasets/${names[1]}/`, { json: { name: "taken" } });
      assert.deepEqual(taken.body["non_field_errors"], taken.body["name"]);
      await expect(200, alice, "DELETE", `/api/submissions/${on}/submission_leaderboard_connection/`);
    });
  });

  it("the answer to a change equals the answer to reading (A-83)", async () => {
    const path = `/api/competitions/${competition.id}/`;
    const changed = await expect<Json>(200, lab.organizer, "PATCH", path, { json: { description: "Changed" } });
    const read = await get(lab.organizer, path);
    assert.deepEqual(changed, read);
    const queue = await expect<Json>(201, lab.organizer, "POST", "/api/queues/", { json: { name: "a queue" } });
    assert.deepEqual(queue, await get(lab.organizer, `/api/queues/${String(queue["id"])}/`));
    await expect(204, lab.organizer, "DELETE", `/api/queues/${String(queue["id"])}/`);
  });

  it("downloaded files of many submissions are named by id, owner, phase and day (A-85)", async () => {
    const id = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
    const { created_when, filename } = await get<{ created_when: string; filename: string }>(
      alice,
      `/api/submissions/${id}/`,
    );
    const [file] = await expect<{ name: string }[]>(200, alice, "POST", "/api/submissions/download_many/", {
      json: { pks: [id] },
    });
    assert.equal(file!.name, `${id}_${alice.username}_PhaseId${phaseId}_${created_when.slice(0, 10)}_${filename}`);
  });

  it("leaderboard entries have a detailed_result that is null (A-86)", async () => {
    const id = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
    await expect(200, alice, "POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
    const { leaderboards } = await get<{ leaderboards: { id: number }[] }>(
      alice,
      `/api/competitions/${competition.id}/`,
    );
    const { submissions } = await get<{ submissions: Json[] }>(bob, `/api/leaderboards/${leaderboards[0]!.id}/`);
    assert.deepEqual(keysOf(submissions[0]!), [
      "created_when",
      "detailed_result",
      "display_name",
      "fact_sheet_answers",
      "id",
      "leaderboard_id",
      "organization",
      "owner",
      "parent",
      "phase",
      "scores",
      "slug_url",
      "task",
    ]);
    assert.equal(submissions[0]!["detailed_result"], null);
    await expect(200, alice, "DELETE", `/api/submissions/${id}/submission_leaderboard_connection/`);
  });

  it("exports of empty leaderboards have a header (A-89)", async () => {
    const empty = await lab.competition({ title: "Empty", ...boardWithRule("Add") });
    const path = `/api/competitions/${empty.id}/results`;
    const [{ id, name }] = empty.phases[0]!.tasks as [{ id: number; name: string }];
    const csv = await lab.organizer.send("GET", `${path}.csv`);
    assert.deepEqual([csv.status, csv.text.trimEnd()], [200, `Username,fact_sheet_answers,${name}(${id})-Accuracy`]);
    const archive = await lab.organizer.send("GET", `${path}.zip`);
    assert.equal(archive.headers.get("content-type"), "application/zip");
    assert.ok(archive.text.includes(`Results - Only phase(${empty.phases[0]!.id}).csv`));
  });

  it("a queue has one id, and people have a name (A-90, A-91)", async () => {
    const queue = await expect<{ id: string; vhost: string }>(201, bob, "POST", "/api/queues/", {
      json: { name: "a queue" },
    });
    assert.match(queue.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(queue.vhost, queue.id);
    await expect(204, bob, "DELETE", `/api/queues/${queue.id}/`);
    const name = async () => (await get<{ name: string }>(bob, "/api/my_profile/")).name;
    assert.equal(await name(), bob.username);
    const bobsId = await idOf(bob);
    await expect(200, bob, "PATCH", `/api/users/${bobsId}/`, { json: { display_name: "Bob the builder" } });
    assert.equal(await name(), "Bob the builder");
    const changed = await expect<{ collaborators: unknown[] }>(
      200,
      lab.organizer,
      "PATCH",
      `/api/competitions/${competition.id}/`,
      {
        json: { collaborators: [bobsId] },
      },
    );
    assert.deepEqual(changed.collaborators, [{ id: bobsId, name: "Bob the builder", username: bob.username }]);
    await expect(200, lab.organizer, "PATCH", `/api/competitions/${competition.id}/`, { json: { collaborators: [] } });
  });

  it("a score can be changed by PUT as well as PATCH", async () => {
    const id = await lab.submitted(alice, phaseId, { scores: { accuracy: 0.5 } });
    const { scores } = await get<ShownSubmission>(lab.organizer, `/api/submissions/${id}/`);
    const { id: score } = scores.find(({ column_key }) => column_key === "accuracy")!;
    const answer = await expect(200, lab.organizer, "PUT", `/api/submission_scores/${score}/`, {
      form: { score: "0.75" },
    });
    assert.deepEqual(answer, { id: score, index: 0, score: "0.7500000000", column_key: "accuracy" });
  });
});
