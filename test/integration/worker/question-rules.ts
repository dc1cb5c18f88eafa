import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe } from "@jest/globals";
import { artifacts, type AnswerHead, type Question } from "../../../contract/job.ts";
import { waitFor } from "../../support/wait.ts";
import { assertFailed } from "./assert-report.ts";
import { python, results, trivialScoring } from "./lab.ts";
import type { SeenAttempt } from "./stand-in.ts";
import type { Suite } from "./suite.ts";

/** What a step that answers questions says about its output folder while its program runs. */
export function questionRules({ launcher, lab, it }: Suite): void {
  describe("a step that answers questions", () => {
    it("shows its files while the program runs, takes what is written, and keeps them when somebody ends it (R-189, R-190)", async () => {
      const job = await lab().submit(
        {
          submission: python(
            [
              "import os, time",
              "os.makedirs('deep')",
              "open('deep/file', 'w').write('first\\nsecond\\n')",
              "while not os.path.exists('go') or open('go').read() != 'on': time.sleep(0.05)",
              "open('gone', 'w').write('seen')",
              "time.sleep(600)",
            ].join("\n"),
          ),
          scoring: trivialScoring,
          timeLimitSeconds: 120,
        },
        undefined,
        ({ steps: [step] }) => {
          step!.answers = true;
          step!.leaveOut = ["/go"];
          step!.containers[0]!.workingDirectory = "/app/output";
          step!.containers[0]!.substitutions.push(["main.py", "/app/program/main.py"]);
        },
      );
      const attempt = await waitFor(
        "the program to run",
        () => {
          const [last] = job.attempts.slice(-1);
          return last?.progress.some(({ stage }) => stage === "running") === true ? last : undefined;
        },
        90_000,
      );
      const ask = (question: Question) => answered(attempt, question);
      await waitFor(
        "a file to be seen",
        async () => {
          const { head, bytes } = await ask({ kind: "read", path: "deep/file", from: -7, length: 100 });
          return head.kind === "read" && bytes === "second\n" && head.size === 13;
        },
        60_000,
      );
      const { head } = await ask({ kind: "list", path: "deep", depth: 1 });
      assert.deepEqual(head.kind === "list" && head.item.contents?.map(({ name, size }) => [name, size]), [
        ["file", 13],
      ]);
      assert.deepEqual((await ask({ kind: "read", path: "gone", from: 0, length: 1 })).head, { kind: "missing" });
      assert.deepEqual((await ask({ kind: "write", path: "go", text: "on" })).head, { kind: "written" });
      await waitFor(
        "what it does then",
        async () => {
          return (await ask({ kind: "read", path: "gone", from: 0, length: 9 })).bytes === "seen";
        },
        60_000,
      );
      attempt.ending = "Somebody ended it.";
      const report = await lab().report(job);
      assertFailed({ job, attempt, report }, "ENDED", "prediction", /^Somebody ended it\.$/);
      assert.deepEqual(await lab().output(attempt, "prediction"), { "deep/file": "first\nsecond\n", gone: "seen" });
    });

    it("passes on what is sent to its port, or says that it cannot be reached (W-160)", async () => {
      const job = await lab().submit(
        {
          submission: python(
            [
              "import socket",
              "with socket.create_server(('127.0.0.1', 5005)) as server:",
              "  while True:",
              "    with server.accept()[0] as connection: connection.sendall(b'heard ' + connection.recv(100))",
            ].join("\n"),
          ),
          scoring: trivialScoring,
          timeLimitSeconds: 120,
        },
        undefined,
        ({ steps: [step] }) => {
          step!.answers = true;
        },
      );
      const attempt = await waitFor("the attempt", () => job.attempts.at(-1), 90_000);
      const question: Question = { kind: "send", port: 5005, bytes: Buffer.from("hello").toString("base64") };
      const seen: unknown[] = [];
      const isReached = async () => {
        const { head, bytes } = await answered(attempt, question);
        seen.push(head);
        if (launcher === "sandbox") return head.kind === "refused" && head.why.includes("in a sandbox");
        return head.kind === "sent" && bytes === "heard hello";
      };
      await waitFor("the program to be reached", isReached, 60_000).catch((error: unknown) => {
        throw new Error(JSON.stringify(seen.slice(-3)), { cause: error });
      });
      attempt.ending = "Heard enough.";
      await lab().report(job);
    });

    it("is ended before its program starts as well, and answers nothing then", async () => {
      const job = await lab().submit(
        { submission: results, scoring: trivialScoring },
        undefined,
        ({ steps: [step] }) => {
          step!.answers = true;
        },
      );
      const attempt = await waitFor("the attempt", () => job.attempts.at(-1), 90_000);
      attempt.ending = "Not needed.";
      const { outcome, failure } = await lab().report(job);
      // It may have been over before it could be told.
      if (outcome === "failed") assert.equal(failure?.code, "ENDED");
      else assert.equal(outcome, "succeeded");
    });
  });

  async function answered(attempt: SeenAttempt, question: Question): Promise<{ head: AnswerHead; bytes: string }> {
    const id = randomUUID();
    attempt.questions.push({ id, attempt: attempt.id, step: "prediction", question });
    const name = artifacts.answer("prediction", id);
    const answer = await waitFor("the answer", async () => (await lab().object(attempt, name)) ?? undefined, 60_000);
    const end = answer.indexOf("\n");
    const head = JSON.parse(answer.subarray(0, end).toString()) as AnswerHead;
    return { head, bytes: answer.subarray(end + 1).toString() };
  }
}
