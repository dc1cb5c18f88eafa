/** Changes that people make to a submission. If the submission is a child, its parent is changed. */
import type { Transaction } from "kysely";
import { findFactSheet } from "../db/competitions.ts";
import type { Database } from "../../kernel/db/schema.ts";
import { lockFamilies, setFactSheetAnswers, setPublic } from "../db/submission-changes.ts";
import { findSubmission, type SubmissionRow } from "../db/submissions.ts";
import type { Answers } from "../rules/fact-sheet-answers.ts";
import { noSuchSubmission } from "./access.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
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

/** The current row of the submission to change, locked until the transaction ends. */
async function locked(tx: Transaction<Database>, { id, parent }: SubmissionRow): Promise<SubmissionRow> {
  await lockFamilies(tx, [parent ?? id]);
  const found = await findSubmission(tx, parent ?? id);
  if (!found) throw noSuchSubmission();
  return found;
}
