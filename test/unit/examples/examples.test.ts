import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { imageFormat } from "../../../lambdas/kernel/objects/image-format.ts";
import { example, examples } from "../../support/examples.ts";
import { temporaryFolder } from "../../support/files.ts";
import { competitionOf, parse, runSubmission, tasksOf } from "./run.ts";
import { accuracy, macroF1, readCsv, rootMeanSquareError, skill } from "./reference.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => (folder = await temporaryFolder()));
afterAll(() => folder.remove());

for (const one of examples) {
  describe(one.name, () => {
    const competition = competitionOf(one);
    const tasks = tasksOf(competition);

    test("the bundle parses without an error or a warning", () => {
      assert.deepEqual(parse(one).problems, []);
    });

    test("the logo is an image", () => {
      assert.equal(imageFormat(readFileSync(join(one.bundle, competition.image))), "png");
    });

    test("every sample submission has an expectation for every task", () => {
      assert.deepEqual(Object.keys(one.expected).sort(), Object.keys(one.submissions).sort());
      for (const byTask of Object.values(one.expected)) {
        assert.deepEqual(Object.keys(byTask).sort(), tasks.map(({ name }) => name).sort());
      }
    });

    test("the data is what make_data.py makes", () => {
      const made = join(folder.path, `${one.name}-made`);
      mkdirSync(made);
      copyFileSync(join(one.bundle, "../make_data.py"), join(made, "make_data.py"));
      execFileSync("python3", [join(made, "make_data.py")]);
      const tables = globSync("**/*.csv", { cwd: one.bundle }).sort();
      assert.deepEqual(globSync("**/*.csv", { cwd: join(made, "bundle") }).sort(), tables);
      for (const path of tables) {
        const [actual, committed] = [join(made, "bundle", path), join(one.bundle, path)].map((file) => readFileSync(file));
        assert.ok(committed?.equals(actual!), `${path} has other content`);
      }
    });

    for (const [submission, path] of Object.entries(one.submissions)) {
      for (const task of tasks) {
        const expected = one.expected[submission]?.[task.name];
        const outcome = expected && "scores" in expected ? "earns its scores" : "is refused with a reason";
        test(`${submission} ${outcome} on ${task.name}`, async () => {
          assert.ok(expected);
          const root = join(folder.path, one.name, submission, String(task.index));
          const { output, scoring } = await runSubmission(one, task, path, root);
          if ("error" in expected) {
            assert.equal(scoring.exitCode, 1);
            assert.ok(scoring.stderr.includes(expected.error), scoring.stderr);
            assert.ok(!scoring.stderr.includes("Traceback"), scoring.stderr);
          } else {
            assert.deepEqual([scoring.exitCode, scoring.stderr], [0, ""]);
            assert.deepEqual(JSON.parse(readFileSync(join(output, "scores.json"), "utf8")), expected.scores);
          }
        });
      }
    }
  });
}

describe("expected.json agrees with the formulas that participants read, computed a second time", () => {
  const close = (actual: number, expected: number | undefined) =>
    assert.ok(expected !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

  const weather = example("temperature-forecast");
  for (const [task, period] of [["January", "development"], ["February and March", "final"]] as const) {
    test(`error and skill in ${task}`, () => {
      const truth = readCsv(join(weather.bundle, `reference_data_${period}`, "truth.csv"));
      const scored = Object.entries(weather.expected).flatMap(([submission, byTask]) => {
        const expected = byTask[task];
        return expected && "scores" in expected ? [{ submission, scores: expected.scores }] : [];
      });
      assert.ok(scored.length >= 3);
      for (const { submission, scores } of scored) {
        const forecast = readCsv(join(weather.submissions[submission]!, "forecast.csv"));
        close(rootMeanSquareError(truth, forecast), scores.rmse);
        close(skill(truth, forecast), scores.skill);
      }
    });
  }

  const tables = example("tabular-classification");
  for (const task of tasksOf(competitionOf(tables))) {
    test(`accuracy and macro F1 on ${task.name}`, async () => {
      const truth = readCsv(join(tables.bundle, task.name.toLowerCase(), "reference_data", "labels.csv"));
      for (const submission of ["majority", "naive-bayes", "nearest-neighbours"]) {
        const expected = tables.expected[submission]?.[task.name];
        assert.ok(expected && "scores" in expected);
        const root = join(folder.path, "again", submission, String(task.index));
        const { predictions } = await runSubmission(tables, task, tables.submissions[submission]!, root);
        const predicted = readCsv(join(predictions, "predictions.csv"));
        close(accuracy(truth, predicted), expected.scores.accuracy);
        close(macroF1(truth, predicted), expected.scores.macro_f1);
      }
    });
  }
});

describe("tabular-classification, in detail", () => {
  const one = example("tabular-classification");
  const [rings] = tasksOf(competitionOf(one));
  assert.ok(rings);

  test("a model that cannot be used is explained in the ingestion log", async () => {
    const run = await runSubmission(one, rings, one.submissions["wrong-length"]!, join(folder.path, "explained"));
    assert.equal(run.ingestion?.exitCode, 1);
    assert.match(run.ingestion.stderr, /predict returned 1 labels for 10 rows/);
  });

  test("the detailed results are a page of their own that loads nothing", async () => {
    const run = await runSubmission(one, rings, one.submissions["naive-bayes"]!, join(folder.path, "page"));
    const page = readFileSync(join(run.output, "detailed_results.html"), "utf8");
    assert.match(page, /^<!doctype html>/);
    assert.match(page, /Accuracy 99\.0%/);
    assert.doesNotMatch(page, /<script|https?:|src=|href=/);
  });

  test("the log grows line by line, with ten pauses that take more than one and less than five seconds", async () => {
    const program = join(one.bundle, "ingestion_program");
    const command = readFileSync(join(program, "metadata.yaml"), "utf8");
    const pace = Number(/^command:.*--pace (\S+)/m.exec(command)?.[1]);
    assert.ok(10 * pace > 1 && 10 * pace < 5, `${pace} s apart`);

    // With a pause that nobody waits for, a line can arrive only because it is written before the pause.
    const data = [join(one.bundle, "rings/input_data"), folder.path, one.submissions.majority!];
    const child = spawn("python3", [join(program, "ingestion.py"), ...data, "--pace", "1000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    for await (const piece of child.stdout) if (/^predicted .*\n/m.test((printed += String(piece)))) break;
    assert.match(printed, /^predicted 10 of 100 rows\n$/m);
    child.kill("SIGKILL");
    await once(child, "close");
  });
});
