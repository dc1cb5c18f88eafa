import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { assertFailed, assertSucceeded } from "./assert-report.ts";
import { EcsLab } from "./ecs-lab.ts";
import { results, trivialScoring } from "./lab.ts";
import { stepRules } from "./step-rules.ts";

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

const concurrency = 4;

describe("steps run as tasks of a cluster", () => {
  let ecs: EcsLab;
  let ordinaryImage: string;
  beforeAll(async () => {
    ecs = await EcsLab.start();
    ordinaryImage = await ecs.asUser(20_000);
    await ecs.worker(concurrency);
  });
  afterAll(async () => {
    await ecs.close();
    assert.deepEqual(ecs.lab.api.violations, []);
    assert.deepEqual(ecs.ecs.refused, [], "the API refuses nothing of what the worker asks");
  });

  stepRules({ launcher: "ecs", lab: () => ecs.lab, ordinaryImage: () => ordinaryImage, it: it.concurrent });

  describe("images", () => {
    it.concurrent("keeps an image's entry point, user and environment, and gives it none of the task's", async () => {
      const image = await ecs.registry.build(
        `${own}ENV GREETING=hello\nUSER 1234\nENTRYPOINT ["python3", "-u"]\n`,
        "entry:1",
      );
      const finished = await ecs.lab.run({
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

    it.concurrent("runs an image that has one static program and no shell", async () => {
      const image = await ecs.registry.build(onlyAProgram, "static:1", { "main.c": Buffer.from(staticProgram) });
      const finished = await ecs.lab.run({ image, submission: results, scoring: { metadata: "command: /score" } });
      assertSucceeded(finished);
      assert.equal(await ecs.lab.text(finished.attempt, "scoring/scores.json"), '{"accuracy": 7}');
    });

    it.concurrent("an image that is nowhere fails the job with IMAGE_NOT_FOUND, before a task is started", async () => {
      const finished = await ecs.lab.run({
        image: ecs.image.replace("python:3", "none:1"),
        submission: results,
        scoring: trivialScoring,
      });
      assertFailed(finished, "IMAGE_NOT_FOUND", "prediction", /none:1 was not found/);
      assert.deepEqual(
        ecs.ecs.tasks.filter(({ request }) => request.startedBy?.startsWith(finished.attempt.id)),
        [],
      );
    });

    it.concurrent("an image whose user does not exist fails the job and says so (R-130)", async () => {
      const image = await ecs.registry.build(`${own}USER nobody-knows-this-user\n`, "user:1");
      const finished = await ecs.lab.run({ image, submission: results, scoring: trivialScoring });
      assertFailed(finished, "BAD_COMMAND", "scoring", /the image does not contain the user or group/);
    });
  });
});
