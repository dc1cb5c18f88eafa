import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Competition } from "../../../client/api-client.ts";
import {
  bundleFiles,
  publishCompetition,
  python,
  register,
  scoreOfAnswer,
  upload,
  zip,
} from "../../support/competitions.ts";
import { ended, startTestPlatform, type Person, type TestPlatform } from "../../support/platform.ts";
import { waitFor } from "../../support/wait.ts";

type Line = Record<string, unknown>;

/** What is found with `grep ID logs/*.log`, in the order of time. */
function linesWith(home: string, id: string): (Line & { log: string })[] {
  const lines = ["platform", "worker"].flatMap((log) =>
    readFileSync(join(home, "logs", `${log}.log`), "utf8")
      .split("\n")
      .filter((line) => line.includes(id))
      .map((line) => ({ log, ...(JSON.parse(line) as Line) })),
  );
  return lines.sort((a, b) => String((a as Line)["time"]).localeCompare(String((b as Line)["time"])));
}

describe("the logs of a platform on one machine", () => {
  let platform: TestPlatform;
  let organizer: Person;
  let ada: Person;
  let competition: Competition;
  beforeAll(async () => {
    platform = await startTestPlatform({ database: "postgres", worker: { launcher: "sandbox", slots: 1 } });
    organizer = await platform.newPerson();
    ada = await platform.newPerson();
    competition = await publishCompetition(organizer, bundleFiles({}, python(scoreOfAnswer, "scoring_program/")));
    await register(competition, ada);
  });
  afterAll(() => platform.close());

  const found = (id: string) => linesWith(platform.home, id).map(({ log, event }) => `${log} ${String(event)}`);

  /** Submits, and gives the submission with the id that the request was answered with. */
  async function submits(content: string): Promise<{ submission: number; id: string }> {
    const data = await upload(ada, "submission", await zip({ "answer.txt": content }));
    const answer = await ada.send<{ id: number }>("POST", "/api/submissions/", {
      json: { phase: competition.phases[0]!.id, data },
    });
    assert.equal(answer.status, 201, answer.text);
    return { submission: answer.body.id, id: answer.headers.get("x-request-id")! };
  }

  it("have a submission's whole way under the id of the request that submitted it", async () => {
    const { submission, id } = await submits("0.5");
    assert.equal((await ended(ada, submission)).status, "Finished");
    const whole = [
      "platform submission.accepted",
      "platform job.created",
      "platform doorbell.sent",
      "platform request.answered",
      "platform attempt.claimed",
      "worker attempt.started",
      "worker step.started",
      "worker image.ignored",
      "worker step.ended",
      "worker step.started",
      "worker step.ended",
      "platform submission.judged",
      "platform attempt.ended",
      "worker attempt.reported",
    ];
    await waitFor("the worker's last line", () => found(id).includes("worker attempt.reported"));
    assert.deepEqual(found(id).sort(), [...whole].sort());

    const lines = linesWith(platform.home, id);
    for (const line of lines) assert.equal(line.correlationId, id, "it is a field of each line");
    const line = (event: string) => lines.find((one) => one.event === event)!;
    const { method, route, status, actor } = line("request.answered");
    assert.deepEqual(
      { method, route, status, actor },
      { method: "POST", route: "/api/submissions/", status: 201, actor: "user" },
    );
    assert.equal(line("job.created").submission, submission);
    const { job, attempt } = line("attempt.claimed");
    assert.equal(line("job.created").job, job);
    for (const event of ["attempt.started", "step.started", "attempt.reported", "submission.judged", "attempt.ended"])
      assert.deepEqual([line(event).job, line(event).attempt], [job, attempt], event);
    assert.deepEqual(
      lines.filter(({ event }) => event === "step.ended").map(({ step }) => step),
      ["prediction", "scoring"],
    );
    assert.deepEqual([line("submission.judged").scores, line("attempt.ended").outcome], [1, "succeeded"]);
  });

  it("have the failure of a submission, and nothing that it wrote", async () => {
    const { submission, id } = await submits("a secret of the program");
    assert.equal((await ended(ada, submission)).status, "Failed");
    await waitFor("the worker's last line", () => found(id).includes("worker attempt.reported"));
    const lines = linesWith(platform.home, id);
    assert.equal(lines.find(({ event }) => event === "attempt.failed")?.failure, "PROGRAM_EXIT");
    assert.equal(lines.find(({ event }) => event === "attempt.ended")?.outcome, "failed");
    assert.doesNotMatch(JSON.stringify(lines), /a secret of the program|Signature/);
  });

  it("have what is done later under the id of the request that asked for it", async () => {
    const rerun = await organizer.send("POST", `/api/phases/${competition.phases[0]!.id}/rerun_submissions/`);
    assert.equal(rerun.status, 200, rerun.text);
    const id = rerun.headers.get("x-request-id")!;
    await waitFor("two attempts", () => found(id).filter((one) => one === "worker attempt.reported").length === 2);
    assert.equal(found(id).filter((one) => one === "platform submission.copied").length, 2);

    const dump = await organizer.send("POST", `/api/competitions/${competition.id}/create_dump/`);
    assert.equal(dump.status, 201, dump.text);
    await waitFor("the dump", () => found(dump.headers.get("x-request-id")!).includes("platform dump.ended"));
  });

  it("have the id of every answer, whatever it is", async () => {
    const requests: [method: string, path: string, status: number][] = [
      ["GET", "/", 302],
      ["GET", "/nowhere/", 404],
      ["GET", "/api/nowhere/", 404],
      ["GET", "/api/redoc/", 302],
      ["HEAD", "/api/competitions/", 200],
      ["DELETE", "/api/api-token-auth/", 405],
      ["GET", "/api/my_profile/", 403],
      ["GET", "/api/competitions/999999/?secret_key=hidden", 404],
    ];
    const ids = new Set<string>();
    for (const [method, path, status] of requests) {
      const answer = await platform.send(method, path);
      const id = answer.headers.get("x-request-id")!;
      assert.deepEqual([answer.status, typeof id], [status, "string"], path);
      if (status >= 400) assert.equal(answer.body["request_id"], id);
      const [line, ...others] = linesWith(platform.home, id);
      assert.deepEqual(
        [line?.event, line?.method, line?.status, others],
        ["request.answered", method, status, []],
        path,
      );
      assert.doesNotMatch(JSON.stringify(line), /hidden|999999/);
      ids.add(id);
    }
    assert.equal(ids.size, requests.length);
  });
});
