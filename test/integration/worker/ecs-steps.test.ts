import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { artifacts } from "../../../lambdas/domain/job.ts";
import { EcsLab } from "./ecs-lab.ts";
import { containerOf, python, results, stepOf, trivialScoring } from "./lab.ts";
import type { Finished, TestSubmission } from "./lab.ts";

const staticProgram = `
#include <stdio.h>
int main(void) {
	FILE *scores = fopen("/app/output/scores.json", "w");
	fputs("{\\"accuracy\\": 7}", scores);
	return fclose(scores);
}`;

const own = "FROM benchstack-test-python:latest\n";
const onlyAProgram = `FROM benchstack-test-compiler:latest AS build
COPY main.c /main.c
RUN gcc -static -o /score /main.c
FROM scratch
COPY --from=build /score /score
`;

const manyAtATime = { concurrency: 4 };

describe("steps run as tasks of a cluster", () => {
  let ecs: EcsLab;
  before(async () => {
    ecs = await EcsLab.start();
    await ecs.worker(4);
  });
  after(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, [], "the API refuses nothing of what the worker asks");
  });

  const run = (test: TestSubmission): Promise<Finished> => ecs.lab.run({ image: ecs.image, ...test }, 100_000);
  const assertSucceeded = ({ report }: Finished) => assert.equal(report.outcome, "succeeded", JSON.stringify(report.failure));
  const assertFailed = ({ report }: Finished, code: string, step: string, message: RegExp) => {
    assert.equal(report.failure?.code, code, JSON.stringify(report.failure));
    assert.equal(report.failure.step, step);
    assert.match(report.failure.message, message);
  };

  describe("what runs", manyAtATime, () => {
    it("scores results: they become the prediction's output, and scoring finds them, the truth and metadata", async () => {
      const finished = await run({
        submission: { ...results, "deep/er/file.txt": "deep" },
        scoring: python(
          [
            "print(open('/app/input/res/answer.txt').read(), end='')",
            "print(open('/app/input/res/deep/er/file.txt').read(), open('/app/input/ref/truth.txt').read())",
            "print(open('/app/input/res/metadata').read())",
            "open('/app/output/scores.json', 'w').write('{\"accuracy\": 0.5}')",
          ].join("\n"),
        ),
        referenceData: { "truth.txt": "the truth" },
      });
      assertSucceeded(finished);
      assert.match(await ecs.lab.text(finished.attempt, "scoring/program.stdout.log"), /^42\ndeep the truth\nexitCode: null\n/);
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/scores.json"), '{"accuracy": 0.5}');
      assert.equal(containerOf(finished.report, "prediction").ran, false);
      assert.ok(stepOf(finished.report, "scoring").usage.cpuSeconds >= 0);
    });

    it("runs ingestion beside a submission's code, without the truth; the steps share no task", async () => {
      const finished = await run({
        submission: { "model.py": "def answer(x): return x * 2\n" },
        ingestion: python(
          [
            "import sys, os",
            "sys.path.insert(0, '/app/ingested_program')",
            "import model",
            "open('/app/output/prediction.txt', 'w').write(str(model.answer(int(open('/app/input_data/x.txt').read()))))",
            "print(sorted(os.listdir('/app')), os.getcwd(), os.path.exists('/app/input/ref'))",
          ].join("\n"),
        ),
        inputData: { "x.txt": "21" },
        scoring: python("assert open('/app/input/res/prediction.txt').read() == '42'\nopen('/app/output/scores.txt','w').write('accuracy: 1')"),
        referenceData: { "truth.txt": "secret" },
      });
      assertSucceeded(finished);
      const folders = "['ingested_program', 'ingestion_program', 'input_data', 'output', 'program']";
      assert.equal(await ecs.lab.text(finished.attempt, "prediction/ingestion.stdout.log"), `${folders} /app/program False\n`);
      const tasks = ecs.ecs.tasks.filter(({ request }) => request.startedBy?.startsWith(finished.attempt.id));
      assert.deepEqual(tasks.map(({ request }) => request.startedBy?.split("/")[1]), ["prediction", "scoring"]);
    });

    it("runs both containers of a step in one task at the same time: they talk through /app/shared, and see input/res as one", async () => {
      const finished = await run({
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
            "assert open('/app/input/res/model.txt').read() == 'model'",
            "open('/app/shared/question', 'w').write('ping')",
            "while not os.path.exists('/app/shared/answer'): time.sleep(0.01)",
            "open('/app/output/scores.json','w').write('{}')",
          ].join("\n"),
        ),
        referenceData: { "truth.txt": "secret" },
      });
      assertSucceeded(finished);
    });

    it("keeps an image's entry point, user and environment, and gives it none of the task's", async () => {
      const image = await ecs.registry.build(`${own}ENV GREETING=hello\nUSER 1234\nENTRYPOINT ["python3", "-u"]\n`, "entry:1");
      const finished = await run({
        image,
        submission: results,
        scoring: {
          metadata: "command: main.py a 'b c'",
          "main.py": [
            "import os, sys, json",
            "ours = [name for name in os.environ if name.startswith(('AWS_', 'ECS_', 'BENCHSTACK_'))]",
            "json.dump([sys.argv[1:], os.getuid(), os.environ['GREETING'], os.environ['PYTHONUNBUFFERED'], ours, os.access('/proc/1/environ', os.R_OK)], open('/app/output/scores.json', 'w'))",
          ].join("\n"),
        },
      });
      assertSucceeded(finished);
      const seen = JSON.parse(await ecs.lab.text(finished.attempt, "scoring/scores.json")) as unknown;
      assert.deepEqual(seen, [["a", "b c"], 1234, "hello", "1", [], false]);
    });

    it("runs an image that has one static program and no shell", async () => {
      const image = await ecs.registry.build(onlyAProgram, "static:1", { "main.c": Buffer.from(staticProgram) });
      const finished = await run({ image, submission: results, scoring: { metadata: "command: /score" } });
      assertSucceeded(finished);
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/scores.json"), '{"accuracy": 7}');
    });

    it("ships a log while its program runs", async () => {
      const job = await ecs.lab.submit({ image: ecs.image, submission: results, scoring: python("print('hello')\nimport time\ntime.sleep(100)"), timeLimitSeconds: 6 });
      await ecs.lab.report(job, 60_000);
      const attempt = job.attempts[0]!;
      const names = await ecs.lab.names(attempt);
      assert.ok(names.includes(artifacts.logChunk("scoring", "program", "stdout", 0)));
      assert.equal(await ecs.lab.text(attempt, artifacts.logChunk("scoring", "program", "stdout", 0)), "hello\n");
    });
  });

  describe("how programs end", manyAtATime, () => {
    it("a scoring program that exits with 3 fails the job, and its output and logs are kept", async () => {
      const finished = await run({
        submission: results,
        scoring: python("import sys\nopen('/app/output/part.txt','w').write('part')\nprint('so far')\nprint('oh no', file=sys.stderr)\nsys.exit(3)"),
      });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /exited with code 3\.$/);
      assert.equal((await ecs.lab.output(finished.attempt, "scoring"))["part.txt"], "part");
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/program.stdout.log"), "so far\n");
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/program.stderr.log"), "oh no\n");
    });

    it("a program that is not there is told by name, with the shell's exit code", async () => {
      const finished = await run({ submission: results, scoring: { metadata: "command: no-such-program" } });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /exited with code 127: its command was not found/);
      assert.match(await ecs.lab.text(finished.attempt, "scoring/program.stderr.log"), /no-such-program/);
    });

    it("a program that sleeps is stopped at its time limit, and its log says so", async () => {
      const finished = await run({ submission: results, scoring: python("print('begin')\nimport time\ntime.sleep(100)"), timeLimitSeconds: 2 });
      assertFailed(finished, "TIME_LIMIT", "scoring", /ran longer than 2 s/);
      assert.equal(containerOf(finished.report, "scoring").exitCode, null);
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/program.stdout.log"), "begin\n");
      assert.match(await ecs.lab.text(finished.attempt, "scoring/program.stderr.log"), /ran longer than 2 s/);
    });

    it("a program that takes too much memory fails the job with OUT_OF_MEMORY", async () => {
      const finished = await run({
        submission: results,
        scoring: python("print('begin')\nhog = [bytearray(50_000_000) for _ in range(80)]"),
        limits: { memoryBytes: 200 * 1024 ** 2 },
      });
      assertFailed(finished, "OUT_OF_MEMORY", "scoring", /of memory/);
      assert.equal(containerOf(finished.report, "scoring").outOfMemory, true);
    });

    it("an output that is too large fails the job with OUTPUT_TOO_LARGE and is not kept", async () => {
      const finished = await run({
        submission: results,
        scoring: python("import os\nopen('/app/output/noise','wb').write(os.urandom(2_000_000))"),
        limits: { outputBytes: 1_000_000 },
      });
      assertFailed(finished, "OUTPUT_TOO_LARGE", "scoring", /1 MB/);
      assert.equal(await ecs.lab.object(finished.attempt, artifacts.output("scoring")), null);
    });

    it("50 MB of output are cut at the log's limit, and the log says so", async () => {
      const finished = await run({
        submission: results,
        scoring: python("line = 'x' * 99\nfor _ in range(500_000): print(line)"),
        limits: { logBytes: 1_000_000 },
      });
      assertSucceeded(finished);
      const log = await ecs.lab.text(finished.attempt, "scoring/program.stdout.log");
      assert.match(log.slice(-80), /x\n\[log cut at 1 MB: the rest was not kept\]\n$/);
      assert.deepEqual(containerOf(finished.report, "scoring").logs.stdout, { bytes: log.length, truncated: true });
    });

    it("an image that is nowhere fails the job with IMAGE_NOT_FOUND, before a task is started", async () => {
      const finished = await run({ image: ecs.image.replace("python:3", "none:1"), submission: results, scoring: trivialScoring });
      assertFailed(finished, "IMAGE_NOT_FOUND", "prediction", /none:1 was not found/);
      assert.deepEqual(ecs.ecs.tasks.filter(({ request }) => request.startedBy?.startsWith(finished.attempt.id)), []);
    });

    it("an image whose user does not exist fails the job and says what to look at", async () => {
      const image = await ecs.registry.build(`${own}USER nobody-knows-this-user\n`, "user:1");
      const finished = await run({ image, submission: results, scoring: trivialScoring });
      assertFailed(finished, "PROGRAM_EXIT", "scoring", /ended before its program was started.*does its user exist/);
    });
  });
});
