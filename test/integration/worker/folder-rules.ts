import assert from "node:assert/strict";
import { describe } from "@jest/globals";
import { artifacts } from "../../../contract/job.ts";
import { waitFor } from "../../support/wait.ts";
import { assertSucceeded } from "./assert-report.ts";
import { containerOf, python, results } from "./lab.ts";
import type { Finished, TestSubmission } from "./lab.ts";
import type { SeenAttempt, SeenJob } from "./stand-in.ts";
import type { Suite } from "./suite.ts";

/** For what happens while a step runs; it may have to wait for its turn. */
const patienceMs = 60_000;

/** How a step's folders come about, what each program finds in them, and what of them is seen while it runs. */
export function folderRules({ lab, launcher, it }: Suite): void {
  describe("steps and folders", () => {
    it("runs ingestion beside a submission that has code and no metadata: both find each other's folders (R-22, R-23, R-24, R-31, R-40)", async () => {
      const finished = await lab().run({
        submission: { "model.py": "def answer(x): return x * 2\n" },
        ingestion: python(
          [
            "import sys, os",
            "sys.path.insert(0, '/app/ingested_program')",
            "import model",
            "x = int(open('/app/input_data/x.txt').read())",
            "open('/app/output/prediction.txt', 'w').write(str(model.answer(x)))",
            "print(sorted(os.listdir('/app')), os.getcwd(), os.path.exists('/app/input/ref'))",
          ].join("\n"),
        ),
        inputData: { "x.txt": "21" },
        scoring: python(
          [
            "assert open('/app/input/res/prediction.txt').read() == '42'",
            "assert 'ingestionExitCode: 0' in open('/app/input/res/metadata').read()",
            "open('/app/output/scores.txt','w').write('accuracy: 1')",
          ].join("\n"),
        ),
        referenceData: { "truth.txt": "secret" },
      });
      assertSucceeded(finished);
      assert.deepEqual(Object.keys(await lab().output(finished.attempt, "prediction")).sort(), [
        "metadata",
        "model.py",
        "prediction.txt",
      ]);
      const folders = `[${launcher === "ecs" ? "" : "'data', "}'ingested_program', 'ingestion_program', 'input_data', 'output', 'program']`;
      assert.equal(
        await lab().text(finished.attempt, "prediction/ingestion.stdout.log"),
        `${folders} /app/program False\n`,
      );
      assert.equal(containerOf(finished.report, "prediction", "ingestion").exitCode, 0);
    });

    it("runs both containers of a step at the same time: they talk through /app/shared (R-25)", async () => {
      const finished = await lab().run({
        submission: { "model.txt": "model" },
        ingestionOnlyDuringScoring: true,
        ingestion: python(
          [
            "import os, time",
            "assert open('/app/ingested_program/model.txt').read() == 'model'",
            "while not os.path.exists('/app/shared/question'): time.sleep(0.01)",
            "open('/app/shared/answer.new', 'w').write('pong'); os.rename('/app/shared/answer.new', '/app/shared/answer')",
          ].join("\n"),
        ),
        scoring: python(
          [
            "import os, time",
            "open('/app/shared/question', 'w').write('ping')",
            "while not os.path.exists('/app/shared/answer'): time.sleep(0.01)",
            "assert open('/app/shared/answer').read() == 'pong'",
            "open('/app/output/scores.json','w').write('{}')",
          ].join("\n"),
        ),
        timeLimitSeconds: 30,
      });
      assertSucceeded(finished);
    });

    it("uploads the detailed results again whenever they change while the program runs (R-66)", async () => {
      const count = [
        "import itertools, os, time",
        "for number in itertools.count():",
        "  open('/app/output/page.new', 'w').write(f'page {number}'); os.rename('/app/output/page.new', '/app/output/page.html')",
        "  time.sleep(0.3)",
      ];
      const { job, attempt } = await started({
        submission: results,
        detailedResults: true,
        scoring: python(count.join("\n")),
      });
      const page = () => lab().text(attempt, artifacts.collected("scoring", "detailed_results.html"));
      const first = await waitFor("the page", page, patienceMs);
      assert.match(first, /^page \d+$/);
      await waitFor("another page", async () => (await page()) !== first, patienceMs);
      await cancelled(job, attempt);
    });

    it("ships a log and tells that it runs while its program runs; cancelled, it is stopped and its log is kept (R-60, R-85)", async () => {
      const { job, attempt } = await started({
        submission: results,
        scoring: python("import time\nprint('hello')\ntime.sleep(1000)"),
      });
      const chunk = artifacts.logChunk("scoring", "program", "stdout", 0);
      await waitFor(
        "the first piece of the log",
        async () => (await lab().text(attempt, chunk)) === "hello\n",
        patienceMs,
      );
      await waitFor(
        "the step to be told as running",
        () => attempt.progress.some(({ step, stage }) => step === "scoring" && stage === "running"),
        patienceMs,
      );
      await cancelled(job, attempt);
      assert.equal(await lab().text(attempt, "scoring/program.stdout.log"), "hello\n");
    });

    const started = async (test: TestSubmission) => {
      const job = await lab().submit(test);
      return { job, attempt: await waitFor("the attempt", () => job.attempts[0], patienceMs) };
    };
    const cancelled = async (job: SeenJob, attempt: SeenAttempt) => {
      assert.equal(attempt.report, null);
      attempt.cancelled = true;
      assert.equal((await lab().report(job)).outcome, "cancelled");
    };
  });

  describe("what each program finds", () => {
    /** Prints what is in each folder of /app, and into which of them it can write. */
    const look = [
      "import os, json",
      "seen = {}",
      "for folder in sorted(os.listdir('/app')):",
      "  path = '/app/' + folder",
      "  names = sorted(name for name in os.listdir(path) if not name.startswith(('written', 'scores')))",
      "  try: open(path + '/written-' + str(os.getpid()), 'w').close(); writes = True",
      "  except OSError: writes = False",
      "  seen[folder] = names if writes else ['read only'] + names",
      "print(json.dumps({'cwd': os.getcwd(), **seen}))",
    ].join("\n");
    const scoring = python(`${look}\nopen('/app/output/scores.json','w').write('{}')`, { scoring: "" });
    const task = {
      submission: python(look, { submission: "" }),
      scoring,
      ingestion: python(look, { ingestion: "" }),
      inputData: { "x.txt": "x" },
      referenceData: { "truth.txt": "t" },
    };
    const program = (name: string) => ["main.py", "metadata.yaml", name].sort();
    /** Tasks run on no machine that could have data of its own. */
    const data = launcher === "ecs" ? {} : { data: ["read only", "private.txt"] };
    const seenBy = async ({ attempt }: Finished, step: string, name: string) =>
      JSON.parse(await lab().text(attempt, `${step}/${name}.stdout.log`)) as unknown;

    it("a submission with a command, and ingestion beside it: their folders, and no reference data (R-40, R-41, R-42, R-43, R-45)", async () => {
      const finished = await lab().run(task);
      assertSucceeded(finished);
      assert.deepEqual(await seenBy(finished, "prediction", "program"), {
        cwd: "/app/program",
        ...data,
        input: ["x.txt"],
        input_data: ["x.txt"],
        output: [],
        program: program("submission"),
      });
      assert.deepEqual(await seenBy(finished, "prediction", "ingestion"), {
        cwd: "/app/program",
        ...data,
        ingested_program: program("submission"),
        ingestion_program: program("ingestion"),
        input_data: ["x.txt"],
        output: [],
        program: program("ingestion"),
      });
      assert.deepEqual(await seenBy(finished, "scoring", "program"), {
        cwd: "/app/program",
        ...data,
        input: ["ref", "res"],
        output: [],
        program: program("scoring"),
        shared: [],
      });
    });

    it("ingestion_only_during_scoring: scoring and ingestion, and what prediction left (R-22, R-23, R-40, R-43, R-44)", async () => {
      const finished = await lab().run({ ...task, submission: results, ingestionOnlyDuringScoring: true });
      assertSucceeded(finished);
      const shared = {
        cwd: "/app/program",
        ...data,
        input: ["ref", "res"],
        input_data: ["x.txt"],
        output: [],
        shared: [],
      };
      assert.deepEqual(await seenBy(finished, "scoring", "program"), {
        ...shared,
        ingestion_program: program("scoring"),
        program: program("scoring"),
      });
      assert.deepEqual(await seenBy(finished, "scoring", "ingestion"), {
        ...shared,
        ingested_program: ["answer.txt", "metadata"],
        ingestion_program: program("ingestion"),
        program: program("ingestion"),
      });
    });
  });
}
