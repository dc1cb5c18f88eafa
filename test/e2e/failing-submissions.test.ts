import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { unzip } from "../integration/worker/zip.ts";
import type { Competition, Submission } from "../../client/api-client.ts";
import { bundleFiles, phase, publishCompetition, python, register, submit } from "../support/competitions.ts";
import type { Files } from "../support/competitions.ts";
import { ended, startTestPlatform } from "../support/platform.ts";
import type { Person, TestPlatform } from "../support/platform.ts";

/** A scoring program that does what the submission says. */
const obedient = "exec(open('/app/input/res/do.py').read())";
const doing = (...lines: string[]): Files => ({ "do.py": lines.join("\n") });
const scores = (text: string, file = "scores.json") =>
  doing(`open('/app/output/${file}', 'w').write(${JSON.stringify(text)})`);

interface Ended extends Submission {
  on_leaderboard: boolean;
  warnings: string[];
}

describe("a submission that goes wrong ends with a code and a sentence, and with nothing half-made", () => {
  let platform: TestPlatform;
  let ada: Person;
  let competition: Competition;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "sandbox", slots: 2 } });
    const organizer = await platform.newPerson();
    ada = await platform.newPerson();
    competition = await publishCompetition(
      organizer,
      bundleFiles(
        { phases: [phase({ max_submissions_per_day: 100, execution_time_limit: 20 })] },
        python(obedient, "scoring_program/"),
      ),
    );
    await register(competition, ada);
  });
  afterAll(() => platform.close());

  const used = async () => {
    const { phases } = await ada.client.request<{ phases: { used_submissions_per_day: number }[] }>(
      "GET",
      `/api/competitions/${competition.id}/`,
    );
    return phases[0]!.used_submissions_per_day;
  };

  async function run(content: Files | Buffer): Promise<Ended> {
    return (await ended(ada, await submit(ada, competition.phases[0]!.id, content))) as Ended;
  }

  /** Runs what has to fail: it has a reason, and neither scores, nor a row, nor a place in the day's count. */
  async function fails(content: Files | Buffer, code: string, sentence: RegExp): Promise<Ended> {
    const usedBefore = await used();
    const board = await ada.client.leaderboard(competition.phases[0]!.id);
    const submission = await run(content);
    assert.equal(`${submission.status} ${submission.failure_code}`, `Failed ${code}`, submission.status_details ?? "");
    assert.match(submission.status_details ?? "", sentence);
    assert.deepEqual([submission.scores, submission.on_leaderboard], [[], false]);
    assert.equal(await used(), usedBefore);
    assert.deepEqual(await ada.client.leaderboard(competition.phases[0]!.id), board);
    return submission;
  }

  const log = async (id: number, stream = "scoring_stdout") => (await ada.client.log(id, stream, { offset: 0 })).text;

  it("an archive that is no zip: BAD_ARCHIVE", async () => {
    const { id } = await fails(Buffer.from("this is no zip"), "BAD_ARCHIVE", /submission.*zip/i);
    const { attempts } = await ada.client.submissionDetails(id);
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ["failed"],
    );
  });

  it("a program that exits with 3: PROGRAM_EXIT with the code, its log and its output", async () => {
    const { id } = await fails(
      doing("print('so far so good')", "open('/app/output/half.txt', 'w').write('half')", "raise SystemExit(3)"),
      "PROGRAM_EXIT",
      /\b3\b/,
    );
    assert.equal(await log(id), "so far so good\n");
    const { scoring_result } = await ada.client.request<{ scoring_result: string }>(
      "GET",
      `/api/submissions/${id}/get_details/`,
    );
    const output = await unzip(Buffer.from(await (await fetch(scoring_result)).arrayBuffer()));
    assert.equal(output["half.txt"], "half");
    assert.match(output["metadata"] ?? "", /exitCode: 3/);
  });

  it("a program that writes scores and then exits with 3: PROGRAM_EXIT, and the scores do not count (R-63)", async () => {
    await fails(
      doing(...Object.values(scores('{"accuracy": 1}')).map(String), "raise SystemExit(3)"),
      "PROGRAM_EXIT",
      /\b3\b/,
    );
  });

  it("a program that writes no scores: NO_SCORES, with where to write them (R-65)", async () => {
    await fails(doing("print('done')"), "NO_SCORES", /scores\.json.*\/app\/output/);
  });

  for (const [what, text] of Object.entries({ "no JSON": "accuracy: 1", "no mapping": "[1]", nothing: "" }))
    it(`a scores.json that holds ${what}: BAD_SCORES`, async () => {
      await fails(scores(text), "BAD_SCORES", /scores\.json/);
    });

  it("a scores.json that is too large: NO_SCORES, with the limit", async () => {
    await fails(
      doing("open('/app/output/scores.json', 'w').write(' ' * 2_000_000)"),
      "NO_SCORES",
      /too large to be read.*1 MB/,
    );
  });

  it("NaN, infinity and text for a column: Finished without that score, with a warning (R-73, R-74)", async () => {
    for (const text of [
      '{"accuracy": NaN, "duration": 1}',
      '{"accuracy": Infinity, "duration": 1}',
      '{"accuracy": "high", "duration": 1}',
    ]) {
      const submission = await run(scores(text));
      assert.equal(submission.status, "Finished", submission.status_details ?? "");
      assert.deepEqual(
        submission.scores.map(({ column_key, score }) => [column_key, Number(score)]),
        [["duration", 1]],
      );
      assert.match(submission.warnings.join(), /"accuracy" in scores\.json is/);
    }
  });

  it("a program that prints 50 MB: Finished, with the beginning of the log and a line that says it was cut", async () => {
    const submission = await run(
      doing(
        "for i in range(50): print('x' * 999_999)",
        "open('/app/output/scores.json', 'w').write('{\"accuracy\": 1}')",
      ),
    );
    assert.equal(submission.status, "Finished", submission.status_details ?? "");
    const { logs } = await ada.client.request<{ logs: { name: string; data_file: string }[] }>(
      "GET",
      `/api/submissions/${submission.id}/get_details/`,
    );
    const whole = await (await fetch(logs.find(({ name }) => name === "scoring_stdout")!.data_file)).text();
    assert.ok(whole.length > 10_000_000 && whole.length < 12_000_000, `${whole.length} bytes`);
    assert.match(whole.slice(-200), /\[log truncated at .*\]\n$/);
  });

  it("a program that never ends: TIME_LIMIT with the limit of its phase, its log stays, and the next one runs", async () => {
    const brief = await publishCompetition(
      ada,
      bundleFiles({ phases: [phase({ execution_time_limit: 2 })] }, python(obedient, "scoring_program/")),
    );
    const phaseId = brief.phases[0]!.id;
    const endless = await ended(ada, await submit(ada, phaseId, doing("print('on and on')", "while True: pass")));
    assert.equal(`${endless.status} ${endless.failure_code}`, "Failed TIME_LIMIT", endless.status_details ?? "");
    assert.match(endless.status_details ?? "", /\b2 s/);
    assert.equal(await log(endless.id), "on and on\n");
    const next = await run(scores('{"accuracy": 1}'));
    assert.equal(next.status, "Finished", next.status_details ?? "");
  });
});
