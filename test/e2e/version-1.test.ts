import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition, Submission } from "../../client/api-client.ts";
import { inDays, logo, publishCompetition, register, submit, unpacked, zip } from "../support/competitions.ts";
import type { Files } from "../support/competitions.ts";
import { testImage } from "../support/docker.ts";
import { ended, startTestPlatform } from "../support/platform.ts";
import type { Person, TestPlatform } from "../support/platform.ts";

/** A program as bundles of CodaLab have it: its command names folders by words, and its file of metadata has no ending. */
const program = (folder: string, source: string): Files => ({
  [`${folder}metadata`]: "command: python3 $program/main.py $input $output\ndescription: as CodaLab ran it\n",
  [`${folder}main.py`]: source,
});

/** Compares predictions with the truth, and writes scores as CodaLab's programs do: `name:value`, without a space. */
const evaluate = [
  "import os, sys",
  "source, target = sys.argv[1:]",
  "truth = open(os.path.join(source, 'ref', 'truth.txt')).read().split()",
  "predictions = open(os.path.join(source, 'res', 'predictions.txt')).read().split()",
  "right = sum(a == b for a, b in zip(truth, predictions))",
  "with open(os.path.join(target, 'scores.txt'), 'w') as scores:",
  "    scores.write('accuracy:%.3f\\nwrong:%d\\n' % (right / len(truth), len(truth) - right))",
].join("\n");

/** A submission with code: it reads its input, and answers one of its lines wrongly. */
const predict = [
  "import os, sys",
  "source, target = sys.argv[1:]",
  "lines = open(os.path.join(source, 'numbers.txt')).read().split()",
  "answers = ['even' if int(line) % 2 == 0 else 'odd' for line in lines]",
  "answers[-1] = 'neither'",
  "open(os.path.join(target, 'predictions.txt'), 'w').write('\\n'.join(answers))",
].join("\n");

const truth = "odd\neven\nodd\neven\n";
const files = { scoring_program: "program.zip", reference_data: "reference.zip", input_data: "input.zip" };
const leaderboard = {
  leaderboards: { Results: { label: "Results", rank: 1 } },
  columns: {
    accuracy: { leaderboard: { label: "Results" }, label: "Accuracy", rank: 1, numeric_format: 3 },
    wrong: { leaderboard: { label: "Results" }, label: "Wrong", rank: 2, sort: "asc", numeric_format: 0 },
  },
};

async function bundle(phases: Record<string, object>): Promise<Files> {
  const competition = {
    title: "Odd or even",
    description: "As it ran on CodaLab.",
    image: "logo.png",
    has_registration: false,
    competition_docker_image: testImage,
    force_submission_to_leaderboard: true,
    anonymous_leaderboard: true,
    html: { overview: "overview.html", terms: "terms.html", data: "data.html", evaluation: "evaluation.html" },
    phases,
    leaderboard,
  };
  return {
    "competition.yaml": JSON.stringify(competition),
    "logo.png": logo,
    ...Object.fromEntries(Object.values(competition.html).map((page) => [page, `<p>${page}</p>`])),
    "program.zip": await zip(program("", evaluate)),
    "reference.zip": await zip({ "truth.txt": truth }),
    "input.zip": await zip({ "numbers.txt": "1\n2\n3\n4\n" }),
  };
}

describe("a bundle of CodaLab's is uploaded and its submissions run, unchanged", () => {
  let platform: TestPlatform;
  let organizer: Person;
  let ada: Person;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "sandbox", slots: 2 } });
    organizer = await platform.newPerson();
    ada = await platform.newPerson();
  });
  afterAll(() => platform.close());

  const scoresOf = ({ scores }: Submission) =>
    Object.fromEntries(scores.map(({ column_key, score }) => [column_key, score]));

  it("v1.5: results and code, `$program $input $output`, and scores written as `name:value`", async () => {
    const competition = await publishCompetition(
      organizer,
      await bundle({
        first: { phasenumber: 1, label: "Practice", start_date: inDays(-2), max_submissions: 10, ...files },
        last: { phasenumber: 2, label: "Final", start_date: inDays(10), is_scoring_only: true, ...files },
      }),
    );
    await register(competition, ada);
    const [practice] = competition.phases;
    assert.equal(practice!.name, "Practice");

    const results = await ended(ada, await submit(ada, practice!.id, { "predictions.txt": truth }));
    assert.equal(results.status, "Finished", results.status_details ?? "");
    assert.deepEqual(scoresOf(results), { accuracy: "1.0000000000", wrong: "0.0000000000" });

    const code = await ended(ada, await submit(ada, practice!.id, program("", predict)));
    assert.equal(code.status, "Finished", code.status_details ?? "");
    assert.deepEqual(scoresOf(code), { accuracy: "0.7500000000", wrong: "1.0000000000" });
    const { submissions } = await ada.client.leaderboard(practice!.id);
    assert.deepEqual(
      submissions.map(({ id }) => id),
      [code.id],
      "the last one is on the leaderboard, as the bundle says",
    );
  });

  it("v1.8: parallel phases are the tasks of their parent, a submission runs on each, and the report says so (B-100)", async () => {
    const start_date = inDays(-2);
    const phases = {
      all: { phasenumber: 1, label: "All", start_date, is_parallel_parent: true, scoring_program: "program.zip" },
      one: { phasenumber: 2, label: "One", start_date, parent_phasenumber: 1, ...files },
      two: { phasenumber: 3, label: "Two", start_date, parent_phasenumber: 1, ...files },
    };
    const {
      status,
      details,
      problems,
      resulting_competition: id,
    } = await unpacked(organizer, await zip(await bundle(phases)));
    assert.equal(status, "Finished", details ?? "");
    assert.deepEqual(
      problems.map(({ code, path, severity }) => `${severity} ${code} ${path}`),
      ["warning BND-74 phases.all", "warning BND-75 phases.all.scoring_program", "warning BND-76 phases.all"],
    );
    const { phases: made, anonymous_leaderboard } = await organizer.client.request<
      Competition & { anonymous_leaderboard: boolean }
    >("GET", `/api/competitions/${id}/`);
    assert.equal(anonymous_leaderboard, true);
    assert.deepEqual(
      made.map(({ name }) => name),
      ["All"],
    );
    assert.equal(
      (await ended(organizer, await submit(organizer, made[0]!.id, program("", predict)))).status,
      "Finished",
    );
    const { submissions, tasks } = await organizer.client.leaderboard(made[0]!.id);
    assert.deepEqual(
      tasks.map(({ name }) => name),
      ["One Task", "Two Task"],
    );
    assert.deepEqual(
      submissions[0]!.scores.map(({ column_key, score, task_id }) => [
        column_key,
        score,
        tasks.findIndex((task) => task.id === task_id),
      ]),
      [
        ["accuracy", "0.75", 0],
        ["wrong", "1.0", 0],
        ["accuracy", "0.75", 1],
        ["wrong", "1.0", 1],
      ],
    );
  });
});
