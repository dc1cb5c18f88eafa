import assert from "node:assert/strict";
import { describe } from "@jest/globals";
import { artifacts } from "../../../contract/job.ts";
import { waitFor } from "../../support/wait.ts";
import { assertSucceeded } from "./assert-report.ts";
import { containerOf, python, results, stepOf, trivialScoring } from "./lab.ts";
import type { TestSubmission } from "./lab.ts";
import type { SeenAttempt, SeenJob } from "./stand-in.ts";
import type { Suite } from "./suite.ts";

/** For what happens while a step runs; it may have to wait for its turn. */
const patienceMs = 60_000;

/** How a step's folders come about, and what of them is seen while it runs. */
export function folderRules({ lab, launcher, it }: Suite): void {
  describe("steps and folders", () => {
    it("scores results: they become the prediction's output; scoring finds them, the truth and metadata (R-20, R-21, R-24, R-26, R-31, R-61)", async () => {
      const finished = await lab().run({
        submission: { ...results, "deep/er/file.txt": "deep", "empty/": "" },
        scoring: python(
          [
            "import os, json",
            "print(open('/app/input/res/answer.txt').read(), end='')",
            "print(open('/app/input/res/deep/er/file.txt').read(), os.listdir('/app/input/res/empty'))",
            "print(open('/app/input/ref/truth.txt').read())",
            "print(open('/app/input/res/metadata').read())",
            "json.dump({'accuracy': 0.5}, open('/app/output/scores.json', 'w'))",
          ].join("\n"),
        ),
        referenceData: { "truth.txt": "the truth" },
      });
      assertSucceeded(finished);
      const { attempt, report } = finished;
      assert.deepEqual(await lab().output(attempt, "prediction"), {
        "answer.txt": "42\n",
        "deep/er/file.txt": "deep",
        "empty/": "",
        metadata: "exitCode: null\nelapsedTime: null\ningestionExitCode: null\ningestionElapsedTime: null\n",
      });
      assert.match(
        await lab().text(attempt, "scoring/program.stdout.log"),
        /^42\ndeep \[\]\nthe truth\nexitCode: null\nelapsedTime: null\n/,
      );
      assert.equal(await lab().text(attempt, "scoring/scores.json"), '{"accuracy": 0.5}');
      assert.deepEqual(stepOf(report, "scoring").collected, ["scores.json"]);
      assert.equal(containerOf(report, "prediction").ran, false);
      assert.equal(containerOf(report, "scoring").exitCode, 0);
      assert.match(stepOf(report, "prediction").md5.submission ?? "", /^[0-9a-f]{32}$/);
      // The end of the last step is told by the report; that it ran, only if somebody looked while it did.
      assert.deepEqual(
        attempt.progress.flatMap(({ step, stage }) =>
          step === "scoring" && stage !== "preparing" ? [] : `${step} ${stage}`,
        ),
        ["prediction preparing", "prediction done", "scoring preparing"],
      );
    });

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

    it("runs a submission's own command, which may write where it is, and records how it ended (R-41, R-61, R-63)", async () => {
      const finished = await lab().run({
        submission: python(
          "import sys; open('scribble', 'w').write('x'); open('/app/output/p.txt', 'w').write('p'); sys.exit(7)",
        ),
        scoring: trivialScoring,
      });
      assertSucceeded(finished);
      assert.equal(containerOf(finished.report, "prediction").exitCode, 7);
      const output = await lab().output(finished.attempt, "prediction");
      assert.deepEqual(Object.keys(output).sort(), ["metadata", "p.txt"]);
      assert.match(output.metadata ?? "", /^exitCode: 7\nelapsedTime: [\d.]+\n/);
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
}
