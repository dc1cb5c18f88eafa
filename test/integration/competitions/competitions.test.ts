import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { runOnNewTasks } from "../../../lambdas/competitions/service/new-tasks.ts";
import { allProfiles } from "../../../lambdas/jobs/service/capacity-profiles.ts";
import { inDays, submit, upload } from "../../support/competitions.ts";
import { assertRefused } from "../../support/http.ts";
import { confirmAddressOf, offer } from "../../support/below-the-api.ts";
import type { Person } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { boardWithRule, expect, openLabWithPeople, twoTasks, type Lab, type ShownSubmission } from "../support/lab.ts";
import { column, competitionForm, type Detail } from "./competition-form.ts";
import { detailRules } from "./detail-rules.ts";
import { listRules } from "./list-rules.ts";

describe("competitions", () => {
  let lab: Lab;
  let alice: Person;
  let eve: Person;
  /** The tasks of a competition created from a bundle. */
  let tasks: { id: number; key: string }[];
  beforeAll(async () => {
    ({ lab, alice, eve } = await openLabWithPeople());
    tasks = (await lab.competition({ ...twoTasks, title: "Where the tasks come from" })).phases[0]!.tasks as never;
  });
  afterAll(() => lab.close());

  const form = (rest: object = {}) => competitionForm(tasks[0]!.key, rest);
  const make = (rest: object = {}) =>
    expect<Detail>(201, lab.organizer, "POST", "/api/competitions/", { json: form(rest) });
  const read = (person: Person, id: number) => expect<Detail>(200, person, "GET", `/api/competitions/${id}/`);
  const patch = (id: number, json: object, person = lab.organizer) =>
    person.send<Detail & Record<string, unknown>>("PATCH", `/api/competitions/${id}/`, { json });

  describe("created with a form", () => {
    it("are unpublished, have a secret key, and their creator participates", async () => {
      const made = await make();
      assert.deepEqual(
        [made.published, made.participant_status, typeof made.secret_key],
        [false, "approved", "string"],
      );
      assert.deepEqual(
        made.pages.map(({ title, index }) => [title, index]),
        [
          ["First", 0],
          ["Second", 1],
        ],
      );
      assert.deepEqual(
        made.phases[0]!.tasks.map(({ key }) => key),
        [tasks[0]!.key],
      );
      assert.deepEqual(
        made.leaderboards[0]!.columns.map(({ key }) => key),
        ["accuracy", "time"],
      );
      assert.notEqual(made.logo, made.logo_icon);
      for (const shown of [made.logo, made.logo_icon])
        assert.equal((await fetch(shown!)).headers.get("content-type"), "image/webp");
      assert.equal((await eve.send("GET", `/api/competitions/${made.id}/`)).status, 404);
      await expect(200, eve, "GET", `/api/competitions/${made.id}/?secret_key=${made.secret_key}`);
    });

    it("run submissions like any other", async () => {
      const made = await make();
      const id = await lab.submitted(lab.organizer, made.phases[0]!.id, { scores: { accuracy: 0.5, time: 1 } });
      assert.equal(
        (await expect<ShownSubmission>(200, lab.organizer, "GET", `/api/submissions/${id}/`)).status,
        "Finished",
      );
    });

    it("must obey the rules of bundles; problems are reported by field (A-20)", async () => {
      const refused = async (rest: object, field: string) => {
        const answer = await lab.organizer.send("POST", "/api/competitions/", { json: form(rest) });
        assertRefused(answer, 400, "INVALID");
        assert.ok(Array.isArray(answer.body[field]), `${field} in ${answer.text}`);
      };
      const [one] = form().phases;
      await refused({ phases: [] }, "phases");
      await refused({ phases: [{ ...one, auto_migrate_to_this_phase: true }] }, "phases[0].auto_migrate_to_this_phase");
      await refused({ phases: [one, { ...one, index: 1 }] }, "phases[0]");
      await refused(
        {
          phases: [
            { ...one, end: inDays(3) },
            { ...one, start: inDays(2) },
          ],
        },
        "phases[1].start",
      );
      await refused(
        { leaderboards: [{ title: "A", key: "a", columns: [column("x", 0), column("x", 1)] }] },
        "leaderboards[0].columns[1].key",
      );
      await refused({ leaderboards: [] }, "leaderboards");
      await refused({ fact_sheet: { a: { key: "b" } } }, "fact_sheet.a");
      await refused({ contact_email: "nobody" }, "contact_email");
      await refused({ title: "x".repeat(257) }, "title");
      await refused({ logo: undefined }, "logo");
    });

    it("use tasks, data and queues that their creator may use (A-23)", async () => {
      const own = await expect<{ key: string }>(201, eve, "POST", "/api/datasets/", {
        form: { type: "public_data", request_sassy_file_name: "a", file_size: 1 },
      });
      const refused = async (rest: object, person: Person) =>
        assertRefused(await person.send("POST", "/api/competitions/", { json: form(rest) }), 400, "INVALID");
      await refused({}, eve);
      await refused({ phases: [{ ...form().phases[0]!, public_data: { value: own.key } }] }, lab.organizer);
      const { id: queue } = await expect<{ id: string }>(201, eve, "POST", "/api/queues/", { form: { name: "eve's" } });
      await refused({ queue }, lab.organizer);
    });

    it("accept only an image as their logo, whatever its name is", async () => {
      const data = Buffer.from("no image").toString("base64");
      const answer = await lab.organizer.send("POST", "/api/competitions/", {
        json: form({ logo: { file_name: "x.png", data } }),
      });
      assertRefused(answer, 400, "NOT_AN_IMAGE");
    });

    it("show data offered for download with its phase", async () => {
      const key = await upload(lab.organizer, "starting_kit", Buffer.from("kit"), "kit.zip");
      const made = await make({ phases: [{ ...form().phases[0]!, starting_kit: { value: key }, public_data: null }] });
      assert.deepEqual([made.phases[0]!.starting_kit?.key, made.phases[0]!.public_data], [key, null]);
    });
  });

  describe("changed with a form", () => {
    it("keep what the request does not contain (A-21)", async () => {
      const made = await make({ reward: "A book", queue: null });
      const { status, body } = await patch(made.id, { terms: "Be very fair." });
      assert.equal(status, 200);
      assert.equal(body.terms, "Be very fair.");
      const lasting = (detail: Detail) => ({ ...detail, terms: "", version: "" });
      assert.deepEqual(lasting(await read(lab.organizer, made.id)), lasting(made));
    });

    it("may request a network and report if it is not allowed here (R-50)", async () => {
      type Network = { enable_network: boolean; has_network: boolean; network_problem: string | null };
      const of = ({ enable_network, has_network, network_problem }: Network) => ({
        enable_network,
        has_network,
        network_problem,
      });
      const { id } = await make({ enable_network: true });
      const network = async () => of(await expect<Network>(200, lab.organizer, "GET", `/api/competitions/${id}/`));
      const refused = {
        enable_network: true,
        has_network: false,
        network_problem: "The platform's administrator does not allow a network.",
      };
      assert.deepEqual(await network(), refused);
      assert.equal((await patch(id, { title: "Another" })).status, 200);
      assert.deepEqual(await network(), refused);
      assert.equal((await patch(id, { enable_network: false })).status, 200);
      assert.deepEqual(await network(), { enable_network: false, has_network: false, network_problem: null });
    });

    it("report if they choose a queue whose hosts have no network (R-50)", async () => {
      const { environment } = lab.inside;
      const { ALLOW_NETWORK: allowed } = environment;
      const profiles = await allProfiles(lab.inside);
      const size = { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 1, users: null };
      environment.ALLOW_NETWORK = true;
      await offer(lab.inside, { ...profiles, gpu: { ...size, network: false }, wide: { ...size, network: true } });
      try {
        const queueOn = async (prediction_profile: string, scoring_profile: string) => {
          const json = { name: "mine", prediction_profile, scoring_profile };
          return (await expect<{ id: string }>(201, lab.organizer, "POST", "/api/queues/", { json })).id;
        };
        type Network = { has_network: boolean; network_problem: string | null };
        const { id } = await make({ enable_network: true });
        const on = async (queue: string | null) => {
          const { status, body } = await patch(id, { queue });
          assert.equal(status, 200);
          const { has_network, network_problem } = body as unknown as Network;
          return [has_network, network_problem];
        };
        assert.deepEqual(await on(null), [true, null]);
        const words =
          'The queue\'s steps on the capacity profile "gpu" run without a network. Choose another queue, or do without.';
        assert.deepEqual(await on(await queueOn("gpu", "wide")), [false, words]);
        assert.deepEqual(await on(await queueOn("gpu", "gpu")), [false, words]);
        assert.deepEqual(await on(await queueOn("wide", "wide")), [true, null]);
      } finally {
        environment.ALLOW_NETWORK = allowed;
        await offer(lab.inside, profiles);
      }
    });

    it("keep the ids of parts that the form refers to, in any order (A-21)", async () => {
      const made = await make();
      const [first, second] = made.leaderboards[0]!.columns;
      const swapped = [{ ...second!, key: "accuracy" }, { ...first!, key: "time" }, column("extra", 2)];
      const { body, status, text } = await patch(made.id, {
        pages: [{ id: made.pages[1]!.id, content: "new" }],
        leaderboards: [{ columns: swapped }],
        phases: [{ id: made.phases[0]!.id, name: "Renamed" }],
      });
      assert.equal(status, 200, text);
      assert.deepEqual(
        body.phases.map(({ id, name, start }) => [id, name, start]),
        [[made.phases[0]!.id, "Renamed", made.phases[0]!.start]],
      );
      assert.deepEqual(
        body.pages.map(({ id, content }) => [id, content]),
        [[made.pages[1]!.id, "new"]],
      );
      const byId = Object.fromEntries(body.leaderboards[0]!.columns.map(({ id, key }) => [key, id]));
      assert.deepEqual([byId["accuracy"], byId["time"]], [second!.id, first!.id]);
      assert.equal(body.leaderboards[0]!.columns.length, 3);
    });

    it("accept PUT, complete forms, and a link as the logo if it stays", async () => {
      const made = await make();
      const whole = {
        ...form({ title: "Whole" }),
        logo: made.logo,
        leaderboards: made.leaderboards,
        pages: made.pages,
      };
      const phases = made.phases.map(({ id, name, start, end, tasks: own }) => ({
        id,
        name,
        start,
        end,
        tasks: own.map(({ task }) => task),
      }));
      const body = await expect<Detail>(200, lab.organizer, "PUT", `/api/competitions/${made.id}`, {
        json: { ...whole, phases },
      });
      assert.deepEqual(
        [body.title, body.phases[0]!.id, body.leaderboards[0]!.id],
        ["Whole", made.phases[0]!.id, made.leaderboards[0]!.id],
      );
      assert.ok(body.logo);
    });

    it("are refused if they name a version that has been changed since (A-281)", async () => {
      const made = await make();
      const change = (json: object) => lab.organizer.send<Detail>("PATCH", `/api/competitions/${made.id}/`, { json });
      const { version: opened } = await read(lab.organizer, made.id);
      const renamed = await change({ version: opened, title: "Renamed" });
      assert.equal(renamed.status, 200);
      assert.notEqual(renamed.body.version, opened);
      assertRefused(await change({ version: opened, reward: "A book" }), 409, "CHANGED_SINCE", /since you opened it/);
      const { title, reward, version } = await read(lab.organizer, made.id);
      assert.deepEqual([title, reward, version], ["Renamed", null, renamed.body.version]);
      assert.equal((await change({ version, reward: "A book" })).status, 200);
      assert.equal((await change({ reward: "Two books" })).body.reward, "Two books");
    });

    it("keep a phase that has submissions (A-22)", async () => {
      const made = await make();
      await submit(lab.organizer, made.phases[0]!.id, Buffer.from("x"));
      const another = { name: "Another", start: inDays(1), tasks: [tasks[0]!.key] };
      assertRefused(await patch(made.id, { phases: [another] }), 400, "PHASE_HAS_SUBMISSIONS");
      await lab.runAll({ scores: { accuracy: 1 } });
    });

    it("keep the columns of a leaderboard by their keys, and columns that have scores (A-131)", async () => {
      const made = await make();
      const submission = await lab.submitted(lab.organizer, made.phases[0]!.id, { scores: { accuracy: 1, time: 5 } });
      const renamed = [column("time", 0, { title: "Seconds" }), column("accuracy", 1), column("new", 2)];
      const { body } = await patch(made.id, { leaderboards: [{ columns: renamed }] });
      const keys = ({ leaderboards }: Detail) => leaderboards[0]!.columns.map(({ key }) => key);
      const idsOf = ({ leaderboards }: Detail) => new Map(leaderboards[0]!.columns.map(({ key, id }) => [key, id]));
      assert.deepEqual(keys(body), ["time", "accuracy", "new"]);
      for (const key of ["time", "accuracy"]) assert.equal(idsOf(body).get(key), idsOf(made).get(key));
      const { scores } = await lab.organizer.client.submission(submission);
      assert.deepEqual(scores.map(({ column_key }) => column_key).sort(), ["accuracy", "time"]);

      const without = (...gone: string[]) => [
        { columns: body.leaderboards[0]!.columns.filter(({ key }) => !gone.includes(key)) },
      ];
      assert.equal((await patch(made.id, { leaderboards: without("new") })).status, 200);
      assertRefused(
        await patch(made.id, { leaderboards: without("new", "accuracy") }),
        400,
        "COLUMN_HAS_SCORES",
        /"accuracy" has 1/,
      );
    });

    it("warn of dates that can be read differently, as bundles do (A-20)", async () => {
      const made = await make();
      const date = { id: made.phases[0]!.id, start: "2026-01-05 13:30 EST" };
      for (const answer of [
        await patch(made.id, { phases: [date] }),
        await lab.organizer.send("PATCH", `/api/phases/${date.id}/`, { json: { start: date.start } }),
        await lab.organizer.send("POST", "/api/competitions/", {
          json: form({ phases: [{ name: "Only", start: date.start, tasks: [tasks[0]!.key] }] }),
        }),
      ])
        assert.match(answer.headers.get("warning") ?? "", /^299 - "phases\[0\]\.start: .*EST.*UTC/, answer.text);
      assert.equal((await patch(made.id, { title: "B" })).headers.get("warning"), null);
    });

    it("warn of a phase that ends before it starts, as bundles do (B-42)", async () => {
      const { phases } = await make();
      const { status, headers } = await lab.organizer.send("PATCH", `/api/phases/${phases[0]!.id}/`, {
        json: { start: "2030-01-02", end: "2030-01-01" },
      });
      assert.equal(status, 200);
      assert.match(headers.get("warning") ?? "", /ends before it starts/);
    });

    it("name fields that they cannot contain, unless the answer has the same value (A-130)", async () => {
      const made = await make();
      const misspelled = { titel: "A", phases: [{ id: made.phases[0]!.id, max_submission_per_day: 1 }] };
      const warned = await patch(made.id, misspelled);
      assert.equal(warned.status, 200);
      assert.match(
        warned.headers.get("warning") ?? "",
        /^299 - "The field titel .* Did you mean title\?", 299 - "The field phases\.0\.max_submission_per_day .* mean max_submissions_per_day\?"$/,
      );
      const { body, headers } = await lab.organizer.send("GET", `/api/competitions/${made.id}/`);
      assert.equal(headers.get("warning"), null);
      const same = await lab.organizer.send("PUT", `/api/competitions/${made.id}/`, { json: body });
      assert.equal(same.status, 200, same.text);
      assert.equal(same.headers.get("warning"), null);
    });

    it("report what a new part lacks", async () => {
      const made = await make();
      const answer = await patch(made.id, { phases: [...made.phases.map(({ id }) => ({ id })), { index: 1 }] });
      assertRefused(answer, 400, "INVALID");
      assert.ok(
        Array.isArray(answer.body["phases[1].name"]) && Array.isArray(answer.body["phases[1].start"]),
        answer.text,
      );
    });

    it("cannot be changed by participants, or by former collaborators", async () => {
      const made = await make({ published: true });
      const lookup = await lab.organizer.send("GET", `/api/user_lookup/?q=${alice.username}`);
      const [{ id: aliceId }] = (JSON.parse(lookup.text) as { results: [{ id: number }] }).results;
      assertRefused(await patch(made.id, { title: "Mine" }, alice), 403, "NOT_ALLOWED");
      await patch(made.id, { collaborators: [aliceId] });
      const { body } = await patch(made.id, { title: "Ours" }, alice);
      assert.deepEqual([body.title, body.participant_status], ["Ours", "approved"]);
      assertRefused(await alice.send("DELETE", `/api/competitions/${made.id}/`), 403, "NOT_ALLOWED");
      await patch(made.id, { collaborators: [] });
      assertRefused(await patch(made.id, { title: "Mine" }, alice), 403, "NOT_ALLOWED");
    });

    it("approve people whose mail addresses are on the list, which are trimmed and checked (A-134)", async () => {
      const email = `${eve.username}@example.org`;
      const made = await make({ published: true, whitelist_emails: [` ${eve.username}@Example.org\t`] });
      assert.deepEqual(made.whitelist_emails, [email]);
      const several = await patch(made.id, { whitelist_emails: `a@example.org, ${email};\nb@example.org, ` });
      assert.deepEqual(several.body.whitelist_emails, ["a@example.org", email, "b@example.org"]);
      const bad = await patch(made.id, { whitelist_emails: ["a@example.org", "no address", "@example.org"] });
      assertRefused(bad, 400, "INVALID", /not mail addresses: no, address, @example\.org\.$/);
      await confirmAddressOf(lab.inside, eve.username);
      const register = (person: Person) =>
        expect<object>(201, person, "POST", `/api/competitions/${made.id}/register/`, { json: {} });
      assert.deepEqual(await register(eve), { participant_status: "approved" });
      assert.deepEqual(await register(alice), { participant_status: "pending" });
      assert.equal((await read(eve, made.id)).whitelist_emails, undefined);
    });
  });

  describe("a task that is added to a phase", () => {
    it("runs existing submissions to several tasks, and joins them on the leaderboard (A-25)", async () => {
      const competition = await lab.competition({ ...twoTasks, ...boardWithRule("Force_Last") }, alice);
      const id = await lab.submitted(alice, competition.phases[0]!.id, { scores: { accuracy: 0.5 } });
      const detail = await read(lab.organizer, competition.id);
      const own = detail.phases[0]!.tasks.map(({ key }) => key);
      await expect(200, lab.organizer, "PATCH", `/api/phases/${competition.phases[0]!.id}/`, {
        json: { tasks: [...own, tasks[0]!.key] },
      });
      const shown = () => expect<ShownSubmission>(200, alice, "GET", `/api/submissions/${id}/`);
      await waitFor("the run on the new task", async () => (await shown()).children.length === 3);
      const again = { phase: competition.phases[0]!.id, tasks: [tasks[0]!.id] };
      await Promise.all([again, again].map((message) => runOnNewTasks(lab.inside, message)));
      await lab.runAll({ scores: { accuracy: 0.9 } });
      const parent = await shown();
      assert.equal(parent.children.length, 3, "a message that arrives again runs nothing");
      const added = await expect<ShownSubmission>(200, alice, "GET", `/api/submissions/${parent.children[2]}/`);
      assert.deepEqual([added.status, added.task?.id, added.on_leaderboard], ["Finished", tasks[0]!.id, true]);
    });
  });

  describe("deleting", () => {
    it("deletes submissions and their outputs, but not tasks and datasets (A-26)", async () => {
      const made = await make();
      const id = await lab.submitted(lab.organizer, made.phases[0]!.id, { scores: { accuracy: 1 } });
      const links = await expect<{ scoring_result: string }>(
        200,
        lab.organizer,
        "GET",
        `/api/submissions/${id}/get_details/`,
      );
      await expect(204, lab.organizer, "DELETE", `/api/competitions/${made.id}/`);
      assert.equal((await lab.organizer.send("GET", `/api/competitions/${made.id}/`)).status, 404);
      assert.equal((await lab.organizer.send("GET", `/api/submissions/${id}/`)).status, 404);
      await waitFor("the output to be gone", async () => (await fetch(links.scoring_result)).status === 404);
      await expect(200, lab.organizer, "GET", `/api/tasks/${tasks[0]!.id}/`);
    });

    it("stops running submissions (A-26)", async () => {
      const made = await make();
      await submit(lab.organizer, made.phases[0]!.id, Buffer.from("x"));
      await expect(204, lab.organizer, "DELETE", `/api/competitions/${made.id}/`);
      assert.equal(await lab.claim(), null);
    });
  });

  describe("lists", () =>
    listRules(
      () => lab,
      () => alice,
      make,
    ));

  it("get_files links to the bundle, for organizers", async () => {
    const competition = await lab.competition({}, alice);
    const files = await expect<{ bundle: { name: string; url: string }; dumps: unknown[] }>(
      200,
      lab.organizer,
      "GET",
      `/api/competitions/${competition.id}/get_files/`,
    );
    assert.equal((await fetch(files.bundle.url)).status, 200);
    assert.deepEqual(files.dumps, []);
    assertRefused(await alice.send("GET", `/api/competitions/${competition.id}/get_files/`), 403, "NOT_ALLOWED");
  });

  describe("read by people", () =>
    detailRules(
      () => lab,
      () => alice,
    ));

  describe("phases", () => {
    it("are found through competitions, and organizers read and change them (A-24)", async () => {
      const competition = await lab.competition({}, alice);
      const path = `/api/phases/${competition.phases[0]!.id}/`;
      assert.deepEqual(await expect(200, alice, "GET", "/api/phases/"), []);
      assertRefused(await alice.send("GET", path), 403, "NOT_ALLOWED");
      assertRefused(await alice.send("PATCH", path, { json: { name: "x" } }), 403, "NOT_ALLOWED");
      const before = await expect<Record<string, unknown>>(200, lab.organizer, "GET", path);
      const after = await expect<Record<string, unknown>>(200, lab.organizer, "PATCH", path, {
        json: { name: "Renamed", max_submissions_per_day: 2 },
      });
      assert.deepEqual(after, { ...before, name: "Renamed", max_submissions_per_day: 2, has_max_submissions: true });
      assertRefused(await lab.organizer.send("DELETE", path), 400, "INVALID");
    });
  });
});
