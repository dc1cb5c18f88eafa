/** Changes that people make to a submission. If the submission is a child, its parent is changed. */
import { findFactSheet } from "../db/competitions.ts";
import { findScore } from "../db/scores.ts";
import { lockFamilies, setFactSheetAnswers, setPublic } from "../db/submission-changes.ts";
import { findSubmission, type SubmissionRow } from "../db/submissions.ts";
import type { Answers } from "../rules/fact-sheet-answers.ts";
import { decimalText, fitsDecimal, parseDecimal } from "../rules/decimal.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { noSuchSubmission, submissionFor } from "./access.ts";
import { changeScore } from "./submission-runs.ts";
import { record, type Author, type UserAuthor } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { requireValidAnswers } from "./submit.ts";

/** Makes a submission and its file public or private. */
export async function togglePublic(context: Context, by: Author, submission: SubmissionRow): Promise<void> {
  await transact(context, async (tx) => {
    const { id, competition_id, is_public } = await locked(tx, submission);
    const isPublic = !is_public;
    await setPublic(tx, id, isPublic);
    await record(tx, by, {
      place: { competition: competition_id },
      kind: isPublic ? "submission.published" : "submission.unpublished",
      subject: id,
      before: { is_public: !isPublic },
      after: { is_public: isPublic },
    });
  });
}

/** Replaces the answers to the fact sheet. Refused if they do not match the questions. */
export async function changeAnswers(
  context: Context,
  by: Author,
  submission: SubmissionRow,
  answers: Answers,
): Promise<void> {
  requireValidAnswers(await findFactSheet(context.db, submission.competition_id), answers);
  await transact(context, async (tx) => {
    const { id, competition_id, fact_sheet_answers } = await locked(tx, submission);
    await setFactSheetAnswers(tx, id, answers);
    await record(tx, by, {
      place: { competition: competition_id },
      kind: "submission.fact_sheet_changed",
      subject: id,
      before: { fact_sheet_answers },
      after: { fact_sheet_answers: answers },
    });
  });
}

/** Overrides a score of a submission; what is computed from it follows. */
export async function overrideScore(context: Context, by: UserAuthor, scoreId: number, text: string) {
  const score = await findScore(context.db, scoreId);
  if (!score) throw new Refusal("not-found", "NO_SUCH_SCORE", "There is no such score.");
  const { id, index, column_key, column_id, submission_id } = score;
  await submissionFor(context, by.actor, submission_id, "submission.editScores");
  if (score.computation !== null)
    throw new Refusal("invalid", "COMPUTED_SCORE", "This score is computed from others. Change those.");
  const value = parseDecimal(text);
  if (value === undefined || !fitsDecimal(value)) {
    const message = "A score is a number with at most ten digits before its point.";
    throw new Refusal("invalid", "INVALID", message, { score: [message] });
  }
  await transact(context, (tx) => changeScore(tx, by, submission_id, column_id, decimalText(value)));
  return { id, index, score: decimalText(value), column_key };
}

/** The current row of the submission to change, locked until the transaction ends. */
async function locked(tx: Tx, { id, parent }: SubmissionRow): Promise<SubmissionRow> {
  await lockFamilies(tx, [parent ?? id]);
  const found = await findSubmission(tx, parent ?? id);
  if (!found) throw noSuchSubmission();
  return found;
}
