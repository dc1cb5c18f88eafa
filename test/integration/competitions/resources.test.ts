import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { programZip, upload, zip } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { boardWithRule, expect, openLabWithPeople, type Lab } from "../support/lab.ts";

interface Dataset {
  id: number;
  key: string;
  value: string;
  name: string;
  type: string;
  is_public: boolean;
  in_use: { pk: number; title: string }[];
  competition: { id: number; title: string } | null;
  file_name: string;
  file_size: number | null;
  submission_file_size?: number;
  prediction_result_file_size?: number;
  downloads?: number;
}

interface Page<Item> {
  count: number;
  next: string | null;
  previous: string | null;
  results: Item[];
}

describe("resources", () => {
  let lab: Lab;
  let alice: Person;
  let bob: Person;
  beforeAll(async () => {
    ({ lab, alice, bob } = await openLabWithPeople());
  });
  afterAll(() => lab.close());

  const idOf = async (person: Person) => {
    const { text } = await lab.admin.send("GET", `/api/user_lookup/?q=${person.username}`);
    return (JSON.parse(text) as { results: [{ id: number }] }).results[0].id;
  };

  describe("datasets", () => {
    const mine = async (key: string) =>
      (await expect<Page<Dataset>>(200, alice, "GET", `/api/datasets/?key=${key}`)).results[0]!;

    it("are read, changed and deleted by id or key, by their owner", async () => {
      const key = await upload(alice, "input_data", Buffer.from("x"), "a.zip");
      const dataset = await mine(key);
      assert.deepEqual(
        [dataset.value, dataset.file_name, dataset.in_use, dataset.competition],
        [key, "a.zip", [], null],
      );
      for (const path of [`/api/datasets/${dataset.id}/`, `/api/datasets/${key}`]) {
        const permissions = { download: true, edit: true, use: true, verify: false };
        const more = { downloads: 0, is_verified: false, sha256: null, permissions };
        assert.deepEqual(await expect(200, alice, "GET", path), { ...dataset, ...more });
        assert.equal((await bob.send("GET", path)).status, 404);
        assert.equal((await bob.send("PATCH", path, { json: { name: "x" } })).status, 404);
        assert.equal((await bob.send("DELETE", path)).status, 404);
      }
      const changed = await expect<Dataset>(200, alice, "PATCH", `/api/datasets/${dataset.id}/`, {
        form: { name: "named", is_public: "true" },
      });
      assert.deepEqual(changed, { ...dataset, name: "named", is_public: true });
      await expect(200, bob, "GET", `/api/datasets/${dataset.id}/`);
      for (const method of ["PATCH", "DELETE"])
        assertRefused(
          await bob.send(method, `/api/datasets/${dataset.id}/`, { json: { name: "x" } }),
          403,
          "NOT_ALLOWED",
        );
      await expect(204, alice, "DELETE", `/api/datasets/${dataset.id}/`);
      assert.equal((await alice.send("GET", `/api/datasets/${dataset.id}/`)).status, 404);
    });

    it("have names that are unique per person", async () => {
      const keys = [
        await upload(alice, "input_data", Buffer.from("x")),
        await upload(alice, "input_data", Buffer.from("x")),
      ];
      await expect(200, alice, "PATCH", `/api/datasets/${keys[0]}/`, { json: { name: "the one" } });
      assertRefused(
        await alice.send("PATCH", `/api/datasets/${keys[1]}/`, { json: { name: "the one" } }),
        400,
        "NAME_TAKEN",
      );
      await expect(200, alice, "PATCH", `/api/datasets/${keys[0]}/`, {
        json: { name: "the one", description: "again" },
      });
    });

    it("are listed in pages, filtered by kind, name, type and text (A-7)", async () => {
      const key = await upload(alice, "scoring_program", Buffer.from("x"), "needle.zip");
      const page = (query: string) => expect<Page<Dataset>>(200, alice, "GET", `/api/datasets/?${query}`);
      assert.deepEqual(
        (await page("search=needle")).results.map((d) => d.key),
        [key],
      );
      assert.deepEqual((await page(`_type=submission&key=${key}`)).count, 0);
      assert.deepEqual((await page(`_type=dataset&key=${key}`)).count, 1);
      assert.deepEqual((await page(`type=input_data&key=${key}`)).count, 0);
      const first = await page("page_size=1");
      assert.equal(first.results.length, 1);
      assert.match(first.next!, /page=2&page_size=1|page_size=1&page=2/);
    });

    it("are not deleted while in use, and several are deleted all or none", async () => {
      const [free, used] = [
        await upload(alice, "input_data", Buffer.from("x")),
        await upload(alice, "scoring_program", await programZip()),
      ];
      const task = await expect<{ id: number }>(201, alice, "POST", "/api/tasks/", {
        json: { name: "Uses it", scoring_program: used },
      });
      const { name } = await mine(used);
      const many = await alice.send("POST", "/api/datasets/delete_many/", { json: [(await mine(free)).id, used] });
      assertRefused(many, 400, "IN_USE");
      assert.ok(Array.isArray(many.body[name]), many.text);
      const one = await alice.send("DELETE", `/api/datasets/${used}/`);
      assertRefused(one, 400, "IN_USE");
      assert.equal(typeof one.body["error"], "string");
      await expect(204, alice, "DELETE", `/api/tasks/${task.id}/`);
      await expect(200, alice, "POST", "/api/datasets/delete_many/", { json: [free, used] });
      assert.equal((await alice.send("GET", `/api/datasets/${free}/`)).status, 404);
    });

    it("show their owner where they are used and the size of submissions' outputs", async () => {
      const competition = await lab.competition(boardWithRule("Force_Last"), alice);
      await lab.submitted(alice, competition.phases[0]!.id, { scores: { accuracy: 1 } });
      const [submission] = (await expect<Page<Dataset>>(200, alice, "GET", "/api/datasets/?_type=submission")).results;
      assert.deepEqual(
        [submission!.submission_file_size, submission!.prediction_result_file_size],
        ["a submission".length, "output of prediction".length],
      );
      assert.equal(submission!.file_size, "a submissionoutput of predictionoutput of scoring".length);
      const programs = await expect<Page<Dataset>>(200, lab.organizer, "GET", "/api/datasets/?type=scoring_program");
      assert.deepEqual(programs.results[0]!.in_use, [{ pk: competition.id, title: competition.title }]);
      const detail = await expect<{ phases: { tasks: { public_datasets: Dataset[] }[] }[] }>(
        200,
        alice,
        "GET",
        `/api/competitions/${competition.id}/`,
      );
      assert.deepEqual(
        detail.phases[0]!.tasks[0]!.public_datasets.map(({ type, in_use }) => [type, in_use]),
        [["scoring_program", []]],
      );
    });

    it("of bundles show the competition that they became", async () => {
      const competition = await lab.competition({ title: "From a bundle" });
      const [bundle] = (await expect<Page<Dataset>>(200, lab.organizer, "GET", "/api/datasets/?_type=bundle")).results;
      assert.deepEqual(bundle!.competition, { id: competition.id, title: "From a bundle" });
    });
  });

  describe("tasks", () => {
    const program = async (person: Person) => upload(person, "scoring_program", await programZip());
    const make = async (person: Person, rest: object = {}) =>
      expect<{ id: number; key: string; scoring_program: string }>(201, person, "POST", "/api/tasks/", {
        json: { name: "A task", description: "Of a test", scoring_program: await program(person), ...rest },
      });

    it("have exactly Codabench's keys in their list", async () => {
      await make(alice);
      const page = await expect<Page<object>>(200, alice, "GET", "/api/tasks/");
      assert.deepEqual(Object.keys(page).sort(), ["count", "next", "previous", "results"]);
      assert.deepEqual(Object.keys(page.results[0]!).sort(), [
        "created_by",
        "created_when",
        "description",
        "id",
        "ingestion_only_during_scoring",
        "is_public",
        "is_used_in_competitions",
        "key",
        "name",
        "owner_display_name",
        "solutions",
        "value",
      ]);
    });

    it("consist of datasets of the right type that their creator may use", async () => {
      const refused = async (json: object) =>
        assertRefused(await bob.send("POST", "/api/tasks/", { json }), 400, "BAD_TASK_FILE");
      await refused({ name: "x", scoring_program: await program(alice) });
      await refused({ name: "x", scoring_program: await upload(bob, "input_data", Buffer.from("x")) });
      assertRefused(await bob.send("POST", "/api/tasks/", { json: { name: "x" } }), 400, "INVALID");
    });

    it("are refused with files that no run could use (B-113)", async () => {
      const scoring_program = await program(bob);
      const unusable = [
        { scoring_program: await upload(bob, "scoring_program", await zip({ "score.py": "" })) },
        { scoring_program: await upload(bob, "scoring_program", Buffer.from("print(1)"), "score.py") },
        { scoring_program, reference_data: await upload(bob, "reference_data", Buffer.from("1"), "labels.csv") },
      ];
      for (const files of unusable)
        assertRefused(await bob.send("POST", "/api/tasks/", { json: { name: "x", ...files } }), 400, "BAD_TASK_FILE");
      const { id } = await make(bob);
      const answer = await bob.send("PATCH", `/api/tasks/${id}/`, { json: unusable[0]! });
      assertRefused(answer, 400, "BAD_TASK_FILE");
      assert.match(JSON.stringify(answer.body["scoring_program"]), /no metadata\.yaml at its top level/);
    });

    it("are visible to their creator and those they are shared with, or to everybody if public", async () => {
      const { id } = await make(alice);
      const path = `/api/tasks/${id}/`;
      const lists = async (query = "") =>
        (await expect<Page<{ id: number }>>(200, bob, "GET", `/api/tasks/${query}`)).results.some((t) => t.id === id);
      assert.equal((await bob.send("GET", path)).status, 404);
      await expect(200, alice, "PATCH", path, { json: { shared_with: [await idOf(bob)] } });
      assert.deepEqual([(await bob.send("GET", path)).status, await lists()], [200, true]);
      assert.deepEqual(((await bob.send("GET", path)).body as { shared_with: unknown }).shared_with, []);
      assertRefused(await bob.send("PATCH", path, { json: { name: "mine" } }), 403, "NOT_ALLOWED");
      assertRefused(await bob.send("DELETE", path), 403, "NOT_ALLOWED");
      await expect(200, alice, "PATCH", path, { json: { shared_with: [] } });
      assert.equal((await bob.send("GET", path)).status, 404);
      await expect(200, alice, "PATCH", path, { json: { is_public: true } });
      assert.deepEqual(
        [(await bob.send("GET", path)).status, await lists(), await lists("?public=true")],
        [200, false, true],
      );
      assertRefused(await alice.send("PATCH", path, { json: { shared_with: [999_999] } }), 400, "NO_SUCH_USER");
    });

    it("keep what a change does not contain (A-64)", async () => {
      const made = await make(alice, { input_data: await upload(alice, "input_data", await programZip()) });
      const changed = await expect<object>(200, alice, "PATCH", `/api/tasks/${made.id}/`, {
        form: { name: "Renamed" },
      });
      assert.deepEqual(changed, { ...made, name: "Renamed" });
      const cleared = await expect<{ input_data: null }>(200, alice, "PATCH", `/api/tasks/${made.id}/`, {
        json: { input_data: null },
      });
      assert.equal(cleared.input_data, null);
      assertRefused(
        await alice.send("PATCH", `/api/tasks/${made.id}/`, { json: { scoring_program: null } }),
        400,
        "BAD_TASK_FILE",
      );
    });

    it("are not deleted while a phase uses them, and several are deleted all or none", async () => {
      const competition = await lab.competition();
      const used = competition.phases[0]!.tasks[0]!.id;
      const { id: free } = await make(lab.organizer);
      const answer = await lab.organizer.send("DELETE", `/api/tasks/${used}/`);
      assertRefused(answer, 400, "IN_USE");
      assert.equal(typeof answer.body["error"], "string");
      assertRefused(await lab.organizer.send("POST", "/api/tasks/delete_many/", { json: [used, free] }), 400, "IN_USE");
      await expect(200, lab.organizer, "GET", `/api/tasks/${free}/`);
      await expect(200, lab.organizer, "POST", "/api/tasks/delete_many/", { json: [free] });
      assert.equal((await lab.organizer.send("GET", `/api/tasks/${free}/`)).status, 404);
    });

    describe("uploaded as a zip", () => {
      const send = async (files: Record<string, string | Buffer>) => {
        const form = new FormData();
        form.append("file", new Blob([new Uint8Array(await zip(files))]), "task.zip");
        const headers = { authorization: `Token ${alice.token}` };
        const response = await fetch(`${lab.url}/api/tasks/upload_task/`, { method: "POST", headers, body: form });
        return { status: response.status, body: (await response.json()) as Record<string, string> & { id: number } };
      };
      const yaml = "name: Zipped\ndescription: of a zip\nis_public: false\nscoring_program:\n  zip: scoring.zip\n";

      it("contain files, or refer to the uploader's datasets by key", async () => {
        const inner = await zip({ "metadata.yaml": "command: 'true'" });
        const first = await send({ "task.yaml": yaml, "scoring.zip": inner });
        assert.deepEqual([first.status, typeof first.body["message"]], [201, "string"]);
        const task = await expect<{ name: string; scoring_program: { key: string } }>(
          200,
          alice,
          "GET",
          `/api/tasks/${first.body.id}/`,
        );
        assert.equal(task.name, "Zipped");
        const answer = await alice.send("GET", `/datasets/download/${task.scoring_program.key}/`);
        const stored = Buffer.from(await (await fetch(answer.headers.get("location")!)).arrayBuffer());
        assert.ok(stored.equals(inner));
        const keyed = await send({ "task.yaml": yaml.replace("zip: scoring.zip", `key: ${task.scoring_program.key}`) });
        assert.equal(keyed.status, 201);
      });

      it("may be uploaded as a dataset first if they are large (A-65)", async () => {
        const data = await upload(
          alice,
          "competition_bundle",
          await zip({ "task.yaml": yaml, "scoring.zip": await programZip() }),
        );
        const { id } = await expect<{ id: number }>(201, alice, "POST", "/api/tasks/upload_task/", {
          multipart: { data },
        });
        assert.equal((await expect<{ name: string }>(200, alice, "GET", `/api/tasks/${id}/`)).name, "Zipped");
      });

      it("are refused with what is wrong, and leave nothing behind", async () => {
        const before = await lab.contents();
        const bobs = await program(bob);
        for (const [files, wrong] of [
          [{ "other.yaml": "" }, /BND-01/],
          [{ "task.yaml": "name: [" }, /BND-99/],
          [{ "task.yaml": yaml }, /BND-10/],
          [{ "task.yaml": yaml.replace("name: Zipped\n", ""), "scoring.zip": "x" }, /BND-20/],
          [{ "task.yaml": "name: a\ndescription: b\n" }, /BND-34/],
          [{ "task.yaml": yaml, "scoring.zip": "x" }, /BND-14/],
          [{ "task.yaml": yaml, "scoring.zip": await zip({ "score.py": "" }) }, /BND-80/],
          [{ "task.yaml": yaml.replace("zip: scoring.zip", `key: ${bobs}`) }, /BND-11/],
        ] as const) {
          const { status, body } = await send(files);
          assert.deepEqual([status, body["code"]], [400, "BAD_TASK_ARCHIVE"]);
          assert.match(body["error"]!, wrong);
        }
        assertRefused(await alice.send("POST", "/api/tasks/upload_task/", { multipart: {} }), 400, "BAD_TASK_ARCHIVE");
        const now = await lab.contents();
        assert.deepEqual(
          [now.rows["tasks"], now.rows["datasets"]],
          [before.rows["tasks"], before.rows["datasets"]! + 1],
        );
      });
    });
  });

  it("are listed in the order that a request names (A-210)", async () => {
    for (const name of ["b", "a", "c"]) {
      const form = {
        type: "input_data",
        request_sassy_file_name: "x.zip",
        name: `order ${name}`,
        description: "Ordered",
      };
      await expect(201, bob, "POST", "/api/datasets/", { json: form });
    }
    const names = async (ordering: string) =>
      (
        await expect<Page<Dataset & { name: string }>>(
          200,
          bob,
          "GET",
          `/api/datasets/?_type=dataset&search=Ordered&ordering=${ordering}`,
        )
      ).results.map(({ name }) => name.slice(-1));
    assert.deepEqual(
      [await names(""), await names("name"), await names("-name"), await names("id")],
      [
        ["c", "a", "b"],
        ["a", "b", "c"],
        ["c", "b", "a"],
        ["b", "a", "c"],
      ],
    );
    for (const list of ["tasks", "queues"])
      assert.equal((await bob.send("GET", `/api/${list}/?ordering=-name`)).status, 200);
    assertRefused(await bob.send("GET", "/api/datasets/?ordering=key"), 400, "INVALID");
  });

  describe("queues", () => {
    interface Queue {
      id: string;
      name: string;
      vhost: string;
      owner: string;
      is_owner: boolean;
      broker_url: string | null;
      organizers: { id: number; username: string }[];
      competitions: { id: number }[];
    }
    const make = (person: Person, rest: object = {}) =>
      expect<Queue>(201, person, "POST", "/api/queues/", { json: { name: "a queue", ...rest } });

    it("have Codabench's keys and more, and a broker_url that identifies the queue and contains no secret (A-28)", async () => {
      const queue = await make(alice);
      assert.deepEqual(Object.keys(queue).sort(), [
        "accepts_jobs",
        "broker_url",
        "competitions",
        "created_when",
        "id",
        "is_owner",
        "is_public",
        "max_running",
        "max_step_seconds",
        "max_submission_bytes",
        "name",
        "organizers",
        "owner",
        "permissions",
        "prediction_profile",
        "problem",
        "scoring_profile",
        "vhost",
      ]);
      assert.deepEqual([queue.vhost, queue.owner, queue.is_owner], [queue.id, alice.username, true]);
      assert.equal(queue.broker_url, `${lab.url}/queues/${queue.id}`);
      await expect(204, alice, "DELETE", `/api/queues/${queue.id}/`);
    });

    it("are visible to their owner and those they are shared with, who alone see the broker_url, or to everybody if public", async () => {
      const { id } = await make(alice);
      const path = `/api/queues/${id}/`;
      const seen = async (query = "") =>
        (await expect<Page<Queue>>(200, bob, "GET", `/api/queues/${query}`)).results.find((queue) => queue.id === id);
      assert.deepEqual([(await bob.send("GET", path)).status, await seen()], [404, undefined]);
      await expect(200, alice, "PATCH", path, { json: { is_public: true } });
      assert.deepEqual([await seen(), (await seen("?public=true"))?.broker_url], [undefined, null]);
      await expect(200, alice, "PATCH", path, { json: { organizers: [await idOf(bob)], name: "shared" } });
      const shared = await seen();
      assert.deepEqual([shared?.name, typeof shared?.broker_url, shared?.is_owner], ["shared", "string", false]);
      assert.deepEqual(shared?.organizers, [{ username: bob.username, id: await idOf(bob) }]);
      assertRefused(await bob.send("PATCH", path, { json: { name: "mine" } }), 403, "NOT_ALLOWED");
      assertRefused(await bob.send("DELETE", path), 403, "NOT_ALLOWED");
      await expect(204, alice, "DELETE", path);
      assert.equal((await alice.send("GET", path)).status, 404);
    });

    it("are limited to five per person", async () => {
      const person = await lab.newPerson();
      const queues = [];
      for (let i = 0; i < 5; i++) queues.push(await make(person));
      assertRefused(await person.send("POST", "/api/queues/", { json: { name: "sixth" } }), 403, "QUEUE_LIMIT");
      await expect(204, person, "DELETE", `/api/queues/${queues[0]!.id}/`);
      await make(person);
    });

    it("are removed from other people's competitions when they become private", async () => {
      const { id } = await make(alice, { is_public: true });
      const competition = await lab.competition({ queue: id });
      const own = async () =>
        (
          await expect<{ queue: { id: string } | null }>(
            200,
            lab.organizer,
            "GET",
            `/api/competitions/${competition.id}/`,
          )
        ).queue?.id;
      assert.equal(await own(), id);
      assert.deepEqual(
        (await expect<Queue>(200, alice, "GET", `/api/queues/${id}/`)).competitions.map((c) => c.id),
        [competition.id],
      );
      await expect(200, alice, "PATCH", `/api/queues/${id}/`, { json: { is_public: false } });
      assert.equal(await own(), undefined);
    });

    it("accept submissions within their limits of size and time, unless drained: SUBMISSION_TOO_LARGE, QUEUE_DRAINED", async () => {
      const { id } = await make(lab.organizer, { max_step_seconds: 30, max_submission_bytes: 4 });
      const competition = await lab.competition({ queue: id }, alice);
      const send = async (content: string) =>
        alice.send("POST", "/api/submissions/", {
          json: { phase: competition.phases[0]!.id, data: await upload(alice, "submission", Buffer.from(content)) },
        });
      assertRefused(await send("12345"), 400, "SUBMISSION_TOO_LARGE", /has 5 bytes, but .* accepts at most 4\./);
      const { status, body } = await send("1234");
      assert.equal(status, 201);
      const { spec } = await lab.inside.db
        .selectFrom("jobs as j")
        .innerJoin("submissions as s", "s.job_id", "j.id")
        .select("j.spec")
        .where("s.id", "=", Number(body["id"]))
        .executeTakeFirstOrThrow();
      assert.deepEqual(
        spec.steps.map(({ timeLimitSeconds }) => timeLimitSeconds),
        [30, 30],
      );
      await expect(200, lab.organizer, "PATCH", `/api/queues/${id}/`, { json: { accepts_jobs: false } });
      assertRefused(await send("1234"), 403, "QUEUE_DRAINED");
      const { can, code } = await expect<{ can: boolean; code: string }>(
        200,
        alice,
        "GET",
        `/api/can_make_submission/${competition.phases[0]!.id}/?file_size=4`,
      );
      assert.deepEqual([can, code], [false, "QUEUE_DRAINED"]);
    });

    it("run the submissions to their competitions, and cannot be deleted meanwhile (A-29)", async () => {
      const { id } = await make(lab.organizer);
      const competition = await lab.competition({ queue: id }, alice);
      const submission = await lab.submitted(alice, competition.phases[0]!.id, { scores: { accuracy: 1 } });
      assert.equal(
        (await alice.client.submission(submission)).status,
        "Submitted",
        "the default queue's worker has nothing to do with it",
      );
      assertRefused(await lab.organizer.send("DELETE", `/api/queues/${id}/`), 400, "QUEUE_BUSY");
      await expect(200, alice, "GET", `/api/submissions/${submission}/cancel_submission/`);
      await expect(204, lab.organizer, "DELETE", `/api/queues/${id}/`);
      const again = await lab.submitted(alice, competition.phases[0]!.id, { scores: { accuracy: 1 } });
      await waitFor(
        "the submission to run on the default queue",
        async () => (await alice.client.submission(again)).status === "Finished",
      );
    });
  });
});
