/** A competition is unchanged after a dump and an import, with either kind of dump. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "@jest/globals";
import yaml from "js-yaml";
import type { ObjectRef } from "../../../contract/job.ts";
import { makeDump } from "../../../lambdas/competitions/service/dumps.ts";
import { logo } from "../../support/competitions.ts";
import { example, examples, packBundle } from "../../support/examples.ts";
import { temporaryFolder } from "../../support/files.ts";
import { assertRefused } from "../../support/http.ts";
import { startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";
import { unzip, zip } from "../worker/zip.ts";

let lab: TestPlatform;
let organizer: Person;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  lab = await startTestPlatform({ database: "postgres", worker: null });
  organizer = await lab.newPerson();
});
afterAll(async () => {
  await lab.close();
  await folder.remove();
});

type Json = Record<string, unknown>;
interface Files {
  bundle?: { name: string; url: string };
  dumps: { name: string; url: string }[];
  unfinished_dumps: { status: string; details: string | null; keys_instead_of_files: boolean }[];
}

const filesOf = async (id: number, person = organizer) =>
  (await person.send<Files>("GET", `/api/competitions/${id}/get_files/`)).body;

async function importBundle(content: Buffer, person = organizer): Promise<number> {
  const file = join(folder.path, "bundle.zip");
  await writeFile(file, content);
  return (await person.client.createCompetition(file)).id;
}

/** Requests a dump of a competition and returns it. */
async function dump(id: number, options: { keys_instead_of_files: boolean }): Promise<Buffer> {
  const before = (await filesOf(id)).dumps.length;
  const asked = await organizer.send("POST", `/api/competitions/${id}/create_dump/`, { json: options });
  assert.equal(asked.status, 201, asked.text);
  const { url } = await waitFor("the dump to be ready", async () => {
    const { dumps, unfinished_dumps } = await filesOf(id);
    assert.deepEqual(
      unfinished_dumps.filter(({ status }) => status === "Failed"),
      [],
    );
    return dumps.length > before && dumps[0];
  });
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

/**
 * Everything that people see of a competition, except what differs between competitions: ids, keys, times and
 * addresses.
 */
async function seen(id: number): Promise<unknown> {
  const { body } = await organizer.send<Json>("GET", `/api/competitions/${id}/`);
  const { logo, ...rest } = body;
  const image = await fetch(logo as string);
  return { ...((await alike(rest)) as Json), logo: Buffer.from(await image.arrayBuffer()).toString("base64") };
}

const own = new Set(["id", "phase", "created_when", "logo_icon", "forum", "version"]);
const isUuid = (value: unknown) =>
  typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);

async function alike(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(alike));
  if (typeof value !== "object" || value === null) return value;
  const object = value as Json;
  // Datasets are compared by content, because their names contain the time at which they were stored.
  if ("file_name" in object && "key" in object)
    return { type: object["type"], content: await content(String(object["key"])) };
  const entries = Object.entries(object).filter(([key, part]) => !own.has(key) && !isUuid(part));
  const parts = await Promise.all(
    entries.map(async ([key, part]) => {
      // Keys of tasks, which differ.
      if (key === "ranking_tasks") return [key, (part as unknown[]).length] as const;
      return [key, await alike(part)] as const;
    }),
  );
  // An existing solution also gets the tasks of the new competition.
  return Object.fromEntries(parts.filter(([key, part]) => !(key === "tasks" && (part as unknown[]).every(isUuid))));
}

async function content(key: string): Promise<string> {
  const { status, headers } = await organizer.send("GET", `/datasets/download/${key}/`);
  assert.equal(status, 302);
  return Buffer.from(await (await fetch(headers.get("location")!)).arrayBuffer()).toString("base64");
}

/** A competition that uses every setting of bundles and of the platform. */
async function richCompetition(): Promise<number> {
  const id = await importBundle(
    await zip({
      "competition.yaml": yaml.dump({
        version: 2,
        title: "All: there is",
        description: "It's\n\n- a lot\n",
        image: "my logo.png",
        terms: "terms.md",
        docker_image: "python:3.12",
        registration_auto_approve: true,
        enable_detailed_results: true,
        show_detailed_results_in_submission_panel: false,
        show_detailed_results_in_leaderboard: false,
        auto_run_submissions: false,
        can_participants_make_submissions_public: false,
        make_programs_available: true,
        make_input_data_available: true,
        anonymous_leaderboard: true,
        competition_type: "benchmark",
        reward: "$1,000",
        contact_email: "me@example.org",
        forum_enabled: false,
        fact_sheet: {
          q: {
            key: "q",
            type: "select",
            title: "Which?",
            selection: ["a", 1, true],
            is_required: "true",
            is_on_leaderboard: "false",
          },
        },
        pages: [
          { title: "Overview", file: "a.md" },
          { title: "Überblick / 2", file: "b.html" },
        ],
        tasks: [
          {
            index: 7,
            name: "One",
            description: "first",
            scoring_program: "scoring",
            ingestion_program: "ingestion",
            input_data: "data",
            reference_data: "truth.zip",
            ingestion_only_during_scoring: true,
          },
          { index: "b", name: "yes", scoring_program: "scoring" },
        ],
        solutions: [{ index: 0, tasks: [7, "b"], path: "data", name: "A try", description: "010" }],
        phases: [
          {
            name: "A",
            description: "now",
            start: "2026-01-31 13:30:15",
            end: "2026-02-01T00:00:00.250Z",
            tasks: ["b", 7],
            max_submissions_per_day: null,
            max_submissions: 3,
            execution_time_limit: 77,
            public_data: "data",
            starting_kit: "truth.zip",
            hide_output: true,
            blind: true,
            max_submission_size: 15,
            delete_submissions_except_best_and_last: true,
          },
          {
            name: "B",
            start: "2026-03-01",
            tasks: [7],
            max_submissions_per_day: 2,
            max_submissions: 0,
            auto_migrate_to_this_phase: true,
            hide_prediction_output: true,
            hide_score_output: true,
          },
        ],
        leaderboards: [
          {
            title: "Results",
            key: "main",
            submission_rule: "Force_Best",
            primary_index: 4,
            multi_task_ranking: "chosen_task",
            ranking_tasks: ["b", 7],
            columns: [
              { title: "A", key: "a", index: 2, sorting: "asc", precision: 5, hidden: true },
              { title: "B", key: "b", index: 4 },
              { title: "C", key: "c", index: 9, computation: "avg", computation_indexes: [2, 4] },
            ],
          },
          {
            title: "Also",
            key: "also",
            hidden: true,
            multi_task_ranking: "average_rank",
            columns: [
              { title: "B", key: "b", index: 0 },
              { title: "D", key: "d", index: 1, sorting: "asc" },
            ],
          },
        ],
      }),
      "my logo.png": logo,
      "terms.md": "Be fair.\r\n",
      "a.md": "# A\n",
      "b.html": "<b>é</b>",
      "scoring/metadata.yaml": "command: python score.py",
      "scoring/lib/score.py": "print(1)\n",
      "ingestion/metadata.yaml": "command: python ingest.py",
      "data/x.csv": "1,2\n".repeat(1000),
      "truth.zip": await zip({ "truth.csv": "1" }),
    }),
  );
  const changed = await organizer.send("PATCH", `/api/competitions/${id}/`, {
    json: {
      allow_robot_submissions: true,
      teams_share_limits: true,
      whitelist_emails: ["kim@example.org"],
      report: "https://example.org/report",
    },
  });
  assert.equal(changed.status, 200, changed.text);
  return id;
}

test("a bundle becomes a private competition of its uploader, with a separate dataset for each use of a file (B-110)", async () => {
  const id = await richCompetition();
  const { published, participants_count, secret_key } = await organizer.client.request<{
    published: boolean;
    participants_count: number;
    secret_key: string;
  }>("GET", `/api/competitions/${id}/`);
  assert.deepEqual([published, participants_count, isUuid(secret_key)], [false, 1, true]);
  const rows = await lab.inside.db
    .selectFrom("tasks as t")
    .innerJoin("datasets as d", "d.id", "t.scoring_program_id")
    .innerJoin("phase_tasks as pt", "pt.task_id", "t.id")
    .innerJoin("phases as p", "p.id", "pt.phase_id")
    .where("p.competition_id", "=", id)
    .where("p.index", "=", 0)
    .select(["d.key", "d.name", "d.is_public", "d.was_created_by_competition"])
    .execute();
  assert.equal(new Set(rows.map(({ key }) => key)).size, 2);
  for (const { name, is_public, was_created_by_competition } of rows) {
    assert.match(name, /^scoring_program @ \d\d-\d\d-\d{4} \d\d:\d\d /);
    assert.deepEqual([is_public, was_created_by_competition], [false, true]);
  }
  const { bundle } = await filesOf(id);
  assert.match(bundle!.name, / - All: there is$/);
});

test("importing a dump with files gives the same competition (B-28, B-112)", async () => {
  for (const make of [
    richCompetition,
    ...examples.map((one) => async () => importBundle(await packBundle(one, "python:3"))),
  ]) {
    const id = await make();
    assert.match(JSON.stringify(await seen(id)), /"primary_index":\d.*"key":"\w+"/);
    const again = await importBundle(await dump(id, { keys_instead_of_files: false }));
    assert.deepEqual(await seen(again), await seen(id));
  }
});

test("importing a dump with keys gives the same competition, with the same tasks (B-112)", async () => {
  const id = await richCompetition();
  const dumped = await dump(id, { keys_instead_of_files: true });
  assert.deepEqual(
    Object.keys(await unzip(dumped)).sort(),
    [
      "competition.yaml",
      "my_logo.png",
      "terms.md",
      ...Object.keys(await unzip(dumped)).filter((name) => /^(overview|berblick-2)-\d+\.md$/.test(name)),
    ].sort(),
  );
  const again = await importBundle(dumped);
  assert.deepEqual(await seen(again), await seen(id));
  const tasks = async (competition: number) =>
    (
      await organizer.client.request<{ phases: { tasks: { key: string }[] }[] }>(
        "GET",
        `/api/competitions/${competition}/`,
      )
    ).phases.map((phase) => phase.tasks.map(({ key }) => key));
  assert.deepEqual(await tasks(again), await tasks(id));
});

test("a dump of an imported dump is the same except for ids", async () => {
  const first = await dump(await richCompetition(), { keys_instead_of_files: false });
  const second = await dump(await importBundle(first), { keys_instead_of_files: false });
  const plain = async (content: Buffer) => {
    const files = await unzip(content);
    const withoutIds = (text: string) => text.replace(/-\d+(?=\.(?:zip|md))/g, "");
    return Object.entries(files).map(([name, text]) => [
      withoutIds(name),
      name === "competition.yaml" ? withoutIds(text) : text,
    ]);
  };
  assert.deepEqual(await plain(second), await plain(first));
});

test("a dump with files contains no keys that Codabench would look up", async () => {
  const id = await richCompetition();
  const queue = await organizer.client.request<{ id: string }>("POST", "/api/queues/", { name: "Ours" });
  await organizer.client.request("PATCH", `/api/competitions/${id}/`, { queue: queue.id });
  const dumped = await dump(id, { keys_instead_of_files: false });
  const { benchstack, ...codabench } = yaml.load((await unzip(dumped))["competition.yaml"]!) as { benchstack: Json };
  assert.doesNotMatch(JSON.stringify(codabench), /[0-9a-f]{8}-[0-9a-f]{4}/);
  assert.equal(benchstack["queue"], queue.id);
  const again = await importBundle(dumped);
  assert.deepEqual(
    (await organizer.client.request<{ queue: { id: string } }>("GET", `/api/competitions/${again}/`)).queue.id,
    queue.id,
  );
});

test("another user can import a dump with files and gets their own solutions (B-34)", async () => {
  const dumped = await dump(await richCompetition(), { keys_instead_of_files: false });
  const other = await lab.newPerson();
  const id = await importBundle(dumped, other);
  const { phases } = await other.client.request<{ phases: { tasks: { solutions: { name: string }[] }[] }[] }>(
    "GET",
    `/api/competitions/${id}/`,
  );
  assert.deepEqual(
    phases[1]!.tasks[0]!.solutions.map(({ name }) => name),
    ["A try"],
  );
});

test("a competition with empty terms and pages and without a logo can be dumped", async () => {
  const id = await richCompetition();
  const emptied = await organizer.send("PATCH", `/api/competitions/${id}/`, {
    json: { terms: "", pages: [{ title: "Empty", content: "" }] },
  });
  assert.equal(emptied.status, 200, emptied.text);
  await lab.inside.db.updateTable("competitions").set({ logo_key: null }).where("id", "=", id).execute();
  const again = await importBundle(await dump(id, { keys_instead_of_files: false }));
  const { terms, pages } = await organizer.client.request<{ terms: string; pages: { content: string }[] }>(
    "GET",
    `/api/competitions/${again}/`,
  );
  assert.deepEqual([terms, pages.map((page) => page.content)], ["", [""]]);
});

test("only organizers can request a dump", async () => {
  const id = await importBundle(await packBundle(example("temperature-forecast"), "python:3"));
  await organizer.client.request("POST", `/api/competitions/${id}/toggle_publish/`);
  const other = await lab.newPerson();
  assertRefused(await other.send("POST", `/api/competitions/${id}/create_dump/`, { json: {} }), 403, "NOT_ALLOWED");
});

/** Requests a dump whose message is not delivered, so that the test decides when it is made. */
async function requestedDump(id: number) {
  const { db } = lab.inside;
  const key = crypto.randomUUID();
  return db
    .insertInto("competition_dumps")
    .values({
      competition_id: id,
      created_by: 1,
      with_files: true,
      key,
      object_key: `competition_bundle/${key}/dump.zip`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
}
const objectsNow = async () => (await lab.contents()).objects;

test("a dump is made once, even if its message is delivered twice", async () => {
  const id = await importBundle(await packBundle(example("temperature-forecast"), "python:3"));
  const { id: dumpId } = await requestedDump(id);
  await Promise.all([makeDump(lab.inside, dumpId), makeDump(lab.inside, dumpId)]);
  assert.equal((await filesOf(id)).dumps.length, 1);
});

test("a failed dump reports why and leaves nothing behind", async () => {
  const id = await importBundle(await packBundle(example("temperature-forecast"), "python:3"));
  const { db, objects } = lab.inside;
  const { phases } = await organizer.client.request<{ phases: { tasks: { public_datasets: { key: string }[] }[] }[] }>(
    "GET",
    `/api/competitions/${id}/`,
  );
  const { key } = phases[0]!.tasks[0]!.public_datasets[0]!;
  const { object_key } = await db
    .selectFrom("datasets")
    .select("object_key")
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  await objects.delete({ bucket: "uploads", key: object_key });
  const before = await objectsNow();
  await organizer.client.request("POST", `/api/competitions/${id}/create_dump/`, {});
  const [failed] = await waitFor("the dump to fail", async () => {
    const { unfinished_dumps } = await filesOf(id);
    return unfinished_dumps[0]?.status === "Failed" && unfinished_dumps;
  });
  assert.match(failed!.details!, /^The file of "scoring_program @ .*" no longer exists\.$/);
  assert.deepEqual(await objectsNow(), before);
});

test("a dump whose files cannot be read any more is postponed, even if that shows before the zip is read (A-153)", async () => {
  const id = await importBundle(await packBundle(example("temperature-forecast"), "python:3"));
  const { id: dumpId } = await requestedDump(id);
  const { objects } = lab.inside;
  let isAway = false;
  const away = Object.assign(Object.create(objects) as typeof objects, {
    upload: objects.upload.bind(objects),
    getRange: objects.getRange.bind(objects),
    head: async (ref: ObjectRef) => {
      // The zip reads its first file in the meantime, and tries three times.
      if (isAway) await waitFor("the zip to fail", () => failures >= 3);
      isAway = true;
      return objects.head(ref);
    },
    getStream: () => {
      failures += 1;
      return Promise.reject(new Error("the store is away"));
    },
  });
  let failures = 0;
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on("uncaughtException", note);
  try {
    await assert.rejects(makeDump({ ...lab.inside, objects: away }, dumpId), /the store is away/);
  } finally {
    process.off("uncaughtException", note);
  }
  assert.deepEqual(uncaught, []);
  const row = await lab.inside.db
    .selectFrom("competition_dumps")
    .select("status")
    .where("id", "=", dumpId)
    .executeTakeFirstOrThrow();
  assert.equal(row.status, "Dumping");
});

test("a dump fails if its competition is deleted first", async () => {
  const id = await importBundle(await packBundle(example("temperature-forecast"), "python:3"));
  const { id: dumpId } = await requestedDump(id);
  assert.equal((await organizer.send("DELETE", `/api/competitions/${id}/`)).status, 204);
  await makeDump(lab.inside, dumpId);
  const { status, details } = await lab.inside.db
    .selectFrom("competition_dumps")
    .select(["status", "details"])
    .where("id", "=", dumpId)
    .executeTakeFirstOrThrow();
  assert.deepEqual([status, details], ["Failed", "The competition was deleted."]);
});
