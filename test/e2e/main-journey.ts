import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { sql } from "kysely";
import { unzip } from "../integration/worker/zip.ts";
import type { Competition } from "../../client/api-client.ts";
import { packFolder } from "../../client/pack.ts";
import {
  bundleFiles,
  phase,
  publishCompetition,
  python,
  register,
  submit,
  waitToGo,
  zip,
} from "../support/competitions.ts";
import { requireDocker, testImage } from "../support/docker.ts";
import { example, packBundle } from "../support/examples.ts";
import type { Example } from "../support/examples.ts";
import { ended, letGo, startTestPlatform } from "../support/platform.ts";
import type { Person, TestPlatform, TestPlatformOptions } from "../support/platform.ts";
import { waitFor } from "../support/wait.ts";

interface SubmissionDetail {
  id: number;
  status: string;
  status_details: string | null;
  has_children: boolean;
  parent: number | null;
  children: number[];
  on_leaderboard: boolean;
  md5: string | null;
  task: { id: number; name: string } | null;
  scores: { column_key: string; score: string }[];
}

interface Links {
  data_file: string;
  prediction_result: string | null;
  scoring_result: string | null;
  detailed_result: string | null;
  logs: { name: string; data_file: string }[];
}

const detail = (person: Person, id: number) =>
  person.client.request<SubmissionDetail>("GET", `/api/submissions/${id}/`);
const links = (person: Person, id: number) =>
  person.client.request<Links>("GET", `/api/submissions/${id}/get_details/`);

/** Fetches a signed link as anybody may. */
async function fetched(link: string | null | undefined): Promise<Buffer> {
  assert.ok(link, "there is no link");
  const response = await fetch(link);
  assert.equal(response.status, 200);
  return Buffer.from(await response.arrayBuffer());
}

const scoresOf = ({ scores }: { scores: { column_key: string; score: string }[] }) =>
  Object.fromEntries(scores.map(({ column_key, score }) => [column_key, Number(score)]));

/** What an example says a submission of its own earns on a task. */
function expected({ expected }: Example, submission: string, task: string): Record<string, number> {
  const expectation = expected[submission]?.[task];
  assert.ok(expectation && "scores" in expectation, `${submission} has no scores on ${task}`);
  return expectation.scores;
}

/** A scoring program that shows detailed results, talks, waits to be let go, and shows others. */
const slowScoring = [
  "open('/app/output/detailed_results.html', 'w').write('<p>so far</p>')",
  waitToGo,
  "print('an é and the rest')",
  "open('/app/output/detailed_results.html', 'w').write('<p>well done</p>')",
  "open('/app/output/scores.json', 'w').write('{\"accuracy\": 0.5}')",
].join("\n");

/** What organizers and participants do from the first bundle to the last score, whatever the platform is made of. */
export function mainJourney(
  options: TestPlatformOptions & { worker: NonNullable<TestPlatformOptions["worker"]> },
): void {
  let platform: TestPlatform;
  let organizer: Person;
  let ada: Person;
  let bob: Person;
  beforeAll(async () => {
    if (options.worker.launcher === "docker") await requireDocker();
    platform = await startTestPlatform(options);
    [organizer, ada, bob] = await Promise.all([platform.newPerson(), platform.newPerson(), platform.newPerson()]);
  });
  afterAll(() => platform.close());

  const publishExample = async (name: Parameters<typeof example>[0]) => {
    const competition = await publishCompetition(organizer, await packBundle(example(name), testImage));
    await register(competition, ada, bob);
    return competition;
  };
  const submitSample = async (person: Person, { submissions }: Example, name: string, phaseId: number) =>
    submit(person, phaseId, await packFolder(submissions[name]!));

  describe("results that participants send in", () => {
    const weather = example("temperature-forecast");
    let competition: Competition;
    beforeAll(async () => {
      competition = await publishExample("temperature-forecast");
    });

    it("a bundle becomes a competition that everybody sees, with its phases, tasks, pages and leaderboard", async () => {
      const { body } = await platform.send<Record<string, unknown>>("GET", `/api/competitions/${competition.id}/`);
      assert.equal(body["title"], "Ninety days of weather");
      assert.equal(body["created_by"], organizer.username);
      assert.equal(body["docker_image"], testImage);
      assert.equal(body["participants_count"], 3);
      assert.deepEqual(
        (body["pages"] as { title: string; index: number }[]).map(({ title, index }) => [index, title]),
        [
          [0, "Overview"],
          [1, "Evaluation"],
          [2, "Data"],
        ],
      );
      const phases = body["phases"] as {
        name: string;
        status: string;
        is_final_phase: boolean;
        tasks: { name: string }[];
      }[];
      assert.deepEqual(
        phases.map(({ name, status, is_final_phase, tasks }) => [
          name,
          status,
          is_final_phase,
          tasks.map((task) => task.name),
        ]),
        [
          ["Development", "Current", false, ["January"]],
          ["Final", "Next", true, ["February and March"]],
        ],
      );
      const [board] = body["leaderboards"] as {
        submission_rule: string;
        columns: { key: string; sorting: string }[];
      }[];
      assert.equal(board?.submission_rule, "Force_Best");
      assert.deepEqual(
        board.columns.map(({ key, sorting }) => [key, sorting]),
        [
          ["rmse", "asc"],
          ["skill", "desc"],
        ],
      );
      assert.equal((await fetched(body["logo"] as string)).subarray(8, 12).toString(), "WEBP");
    });

    it("they earn exactly the scores they should, and the leaderboard ranks the best of each participant", async () => {
      const { id: phaseId } = competition.phases[0]!;
      const samples: [Person, string][] = [
        [bob, "same-day-last-year"],
        [ada, "fitted-wave"],
        [ada, "yearly-mean"],
      ];
      const ids = await Promise.all(samples.map(([person, sample]) => submitSample(person, weather, sample, phaseId)));
      for (const [index, [person, sample]] of samples.entries()) {
        const submission = await ended(person, ids[index]!);
        assert.equal(submission.status, "Finished", submission.status_details ?? "");
        assert.deepEqual(scoresOf(submission), expected(weather, sample, "January"));
      }
      const board = await bob.client.leaderboard(phaseId);
      assert.deepEqual(
        board.submissions.map(({ id, owner }) => [owner, id]),
        [
          [ada.username, ids[1]],
          [bob.username, ids[0]],
        ],
      );
      assert.equal((await detail(ada, ids[2]!)).on_leaderboard, false);
    });

    it("results that cannot be scored fail with what the scoring program printed to be read", async () => {
      const id = await submit(bob, competition.phases[0]!.id, { "forecast.csv": "nothing,of,this\n" });
      const submission = await ended(bob, id);
      assert.equal(`${submission.status} ${submission.failure_code}`, "Failed PROGRAM_EXIT");
      const { logs } = await links(bob, id);
      const log =
        logs.find(({ name }) => name === "scoring_stderr") ?? logs.find(({ name }) => name === "scoring_stdout");
      assert.notEqual((await fetched(log?.data_file)).toString(), "");
    });
  });

  describe("code that participants send in", () => {
    const tables = example("tabular-classification");

    it("is run on every task by the ingestion program: a parent with a child a task, computed columns, one row a participant (R-1, L-3, L-15)", async () => {
      const competition = await publishExample("tabular-classification");
      const { id: phaseId, tasks } = competition.phases[0]!;
      const samples: [Person, string][] = [
        [bob, "majority"],
        [ada, "naive-bayes"],
      ];
      const ids = await Promise.all(samples.map(([person, sample]) => submitSample(person, tables, sample, phaseId)));
      for (const [index, [person, sample]] of samples.entries()) {
        const id = ids[index]!;
        assert.equal((await ended(person, id)).status, "Finished");
        const parent = await detail(person, id);
        assert.deepEqual([parent.has_children, parent.parent, parent.task], [true, null, null]);
        assert.equal(parent.children.length, tasks.length);
        const children = await Promise.all(parent.children.map((child) => detail(person, child)));
        for (const child of children) {
          assert.deepEqual([child.parent, child.status], [id, "Finished"]);
          const { overall, ...own } = scoresOf(child);
          const wanted = expected(tables, sample, child.task!.name);
          assert.deepEqual(own, wanted);
          assert.ok(Math.abs(overall! - (wanted["accuracy"]! + wanted["macro_f1"]!) / 2) < 1e-9, String(overall));
        }
        assert.deepEqual(children.map(({ task }) => task!.name).sort(), ["Rings", "Sensors"]);
        await person.client.request("POST", `/api/submissions/${id}/submission_leaderboard_connection/`);
      }
      const board = await ada.client.leaderboard(phaseId);
      assert.deepEqual(
        board.submissions.map(({ id, owner }) => [owner, id]),
        [
          [ada.username, ids[1]],
          [bob.username, ids[0]],
        ],
      );
      const cells = board.submissions[0]!.scores;
      for (const task of tasks) {
        const cell = cells.find(({ task_id, column_key }) => task_id === task.id && column_key === "accuracy");
        assert.equal(Number(cell?.score), expected(tables, "naive-bayes", task.name)["accuracy"]!);
      }
    });

    it("with a command of its own it runs beside the ingestion program: both find what the other writes", async () => {
      // Renamed, so that a program that finds the file finds all of it.
      const write = (name: string, text: string) =>
        `open('/app/output/new', 'w').write(${text})\nos.rename('/app/output/new', '/app/output/${name}')`;
      const wait = (path: string) => `import os, time\nwhile not os.path.exists('${path}'): time.sleep(0.02)`;
      const competition = await publishCompetition(
        organizer,
        bundleFiles(
          {
            tasks: [
              { index: 0, name: "Only task", scoring_program: "scoring_program/", ingestion_program: "ingestion/" },
            ],
          },
          python(
            `import os\n${write("question.txt", "'0.25'")}\n${wait("/app/output/answer.txt")}\nprint('answered')`,
            "ingestion/",
          ),
        ),
      );
      await register(competition, ada);
      const id = await submit(
        ada,
        competition.phases[0]!.id,
        python(
          `${wait("/app/output/question.txt")}\n${write("answer.txt", "open('/app/output/question.txt').read()")}\nprint('asked')`,
        ),
      );
      const submission = await ended(ada, id);
      assert.equal(submission.status, "Finished", submission.status_details ?? "");
      assert.deepEqual(scoresOf(submission), { accuracy: 0.25 });
      const { logs } = await links(ada, id);
      const logText = async (name: string) =>
        (await fetched(logs.find((log) => log.name === name)?.data_file)).toString();
      assert.equal(await logText("prediction_stdout"), "asked\n");
      assert.equal(await logText("prediction_ingestion_stdout"), "answered\n");
    });
  });

  describe("a submission while it runs", () => {
    let competition: Competition;
    beforeAll(async () => {
      await recordStatuses(platform);
      competition = await publishCompetition(
        organizer,
        bundleFiles(
          { enable_detailed_results: true, phases: [phase({ tasks: [0] })] },
          python(slowScoring, "scoring_program/"),
        ),
      );
      await register(competition, ada, bob);
    });

    it("is seen from Submitting to Finished in order, its log grows in parts, and every link gives what it says (R-10, R-11, R-27, R-60, R-61, R-66)", async () => {
      const archive = await zip({ "answer.txt": "1" });
      const id = await submit(ada, competition.phases[0]!.id, archive);
      const first = await waitFor("the first line of the log", async () => {
        const piece = await ada.client.log(id, "scoring_stdout", { offset: 0 });
        return piece.text !== "" && piece;
      });
      assert.deepEqual(
        { ...first, attempt: 1 },
        { attempt: 1, offset: 0, text: "waiting\n", next_offset: 8, complete: false },
      );
      assert.equal((await ada.client.submission(id)).status, "Running");
      const page = await waitFor("detailed results", async () => (await links(ada, id)).detailed_result);
      assert.equal((await fetched(page)).toString(), "<p>so far</p>");

      await letGo(platform.home);
      let { text, next_offset: offset } = first;
      await waitFor("the whole log", async () => {
        const piece = await ada.client.log(id, "scoring_stdout", { offset });
        text += piece.text;
        offset = piece.next_offset;
        return piece.complete;
      });
      assert.equal(text, "waiting\nan é and the rest\n");
      assert.equal((await ended(ada, id)).status, "Finished");
      assert.deepEqual(await statusesOf(platform, id), [
        ["Submitting", 0],
        ["Submitted", 0],
        ["Running", 0],
        ["Preparing", 0],
        ["Scoring", 0],
        ["Running", 0],
        ["Finished", 1],
      ]);

      const all = await links(ada, id);
      assert.ok((await fetched(all.data_file)).equals(archive));
      assert.equal((await detail(ada, id)).md5, createHash("md5").update(archive).digest("hex"));
      assert.equal((await unzip(await fetched(all.prediction_result)))["answer.txt"], "1");
      const output = await unzip(await fetched(all.scoring_result));
      assert.deepEqual(Object.keys(output).sort(), ["detailed_results.html", "metadata", "scores.json"]);
      assert.equal((await fetched(all.detailed_result)).toString(), "<p>well done</p>");
      assert.deepEqual(
        all.logs.map(({ name }) => name),
        ["scoring_stdout"],
      );
      assert.equal((await fetched(all.logs[0]?.data_file)).toString(), text);
    });

    it("is stopped when it is cancelled: its program ends, its log stays, it has no scores and no row (R-85, A-36)", async () => {
      const id = await submit(bob, competition.phases[0]!.id, { "answer.txt": "1" });
      await waitFor(
        "the program to run",
        async () => (await bob.client.log(id, "scoring_stdout", { offset: 0 })).text !== "",
      );
      assert.deepEqual(await bob.client.request("GET", `/api/submissions/${id}/cancel_submission/`), {
        canceled: true,
      });
      // A program that waits for ever would hold its slot, and its submission would stay Running.
      const submission = await ended(bob, id);
      assert.equal(submission.status, "Cancelled");
      assert.deepEqual(submission.scores, []);
      assert.equal((await bob.client.log(id, "scoring_stdout", { offset: 0 })).text, "waiting\n");
      const board = await bob.client.leaderboard(competition.phases[0]!.id);
      assert.ok(!board.submissions.some(({ owner }) => owner === bob.username));
    });
  });
}

/** Has the database write down every status a submission gets, and how many scores it has then, since a client that asks may miss some. */
async function recordStatuses({ inside: { db } }: TestPlatform): Promise<void> {
  await sql`
    create table seen_statuses (id bigint generated always as identity, submission_id integer, status text, scores integer)`.execute(
    db,
  );
  await sql`
    create function see_status() returns trigger language plpgsql security definer as $$ begin
      if tg_op = 'INSERT' or old.status <> new.status then
        insert into seen_statuses (submission_id, status, scores)
          select new.id, new.status, count(*) from submission_scores where submission_id = new.id;
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger see_status after insert or update on submissions for each row execute function see_status()`.execute(
    db,
  );
}

async function statusesOf(
  { inside: { db } }: TestPlatform,
  submissionId: number,
): Promise<[status: string, scores: number][]> {
  const { rows } = await sql<{ status: string; scores: number }>`
    select status, scores from seen_statuses where submission_id = ${submissionId} order by id`.execute(db);
  return rows.map(({ status, scores }) => [status, scores]);
}
