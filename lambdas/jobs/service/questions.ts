import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { runningStep } from "../db/attempts.ts";
import { deleteQuestion, storeQuestion } from "../db/questions.ts";
import { parseAnswer } from "../rules/answer.ts";
import { artifacts, maxAnswerBytes, maxPortMs, type AnswerHead, type Question } from "../../../contract/job.ts";
import type { Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { ObjectMissing } from "../../kernel/objects/errors.ts";

/** How long an answer may take. A worker looks for questions every 1.5 s, and an ECS task every second. */
const maxWaitMs = 8_000;
/** The same for an answer of the program, which may take its time. */
const maxPortWaitMs = maxPortMs + maxWaitMs / 2;
const lookPauseMs = 100;
/** Head and bytes of an answer. A head with the most files is shorter than the most bytes. */
const maxObjectBytes = 2 * maxAnswerBytes;

/**
 * Asks the running step of a job about its output folder, or its program, and waits a few seconds for the answer. Null if the job does not run,
 * its step answers no questions or its worker does not answer; ask again later. Refused if too many ask.
 */
export async function ask(
  { db, objects }: Context,
  jobId: string,
  question: Question,
): Promise<{ head: AnswerHead; bytes: Buffer } | null> {
  const running = await runningStep(db, jobId);
  if (running?.step?.answers !== true) return null;
  const { attempt, step } = running;
  const id = randomUUID();
  const object = { bucket: "jobs" as const, key: artifacts.prefix(attempt) + artifacts.answer(step.name, id) };
  if (!(await storeQuestion(db, { id, attempt, step: step.name, question })))
    throw new Refusal(
      "too-many",
      "TOO_MANY_QUESTIONS",
      "Too many people ask for something of this run at the moment. Try again in a few seconds.",
    );
  try {
    const waitMs = question.kind === "send" || question.kind === "request" ? maxPortWaitMs : maxWaitMs;
    for (const until = performance.now() + waitMs; performance.now() < until;) {
      await pause(lookPauseMs);
      const answer = await objects.get(object, maxObjectBytes).catch((error: unknown) => {
        if (error instanceof ObjectMissing) return null;
        throw error;
      });
      if (answer === null) continue;
      await objects.delete(object);
      return parseAnswer(answer);
    }
    return null;
  } finally {
    await deleteQuestion(db, id);
  }
}
