import type { FactSheetQuestion } from "./competition.ts";

/** Answers to a fact sheet, by question key. */
export type Answers = Record<string, unknown>;

/**
 * Returns a message for each error in the answers. Omitting all answers is allowed even if some are required, because
 * submission scripts send none. Otherwise every question must have an answer, and there may be no others. If a question
 * has a selection, the answer must be in it. Required answers must not be empty, but may be true or false.
 */
export function checkAnswers(questions: Record<string, FactSheetQuestion> | null, answers: Answers | null): string[] {
  if (answers === null || Object.keys(answers).length === 0) return [];
  const asked = questions ?? {};
  const missing = Object.keys(asked).filter((key) => !Object.hasOwn(answers, key));
  const extra = Object.keys(answers).filter((key) => !Object.hasOwn(asked, key));
  if (missing.length + extra.length > 0)
    return [
      ...missing.map((key) => `There is no answer to ${key}.`),
      ...extra.map((key) => `There is no question with the key ${key}.`),
    ];
  return Object.values(asked).flatMap((question) => check(question, answers[question.key]));
}

function check({ key, title, selection, is_required }: FactSheetQuestion, answer: unknown): string[] {
  const choices = Array.isArray(selection) ? (selection as unknown[]) : [];
  if (choices.length > 0 && !choices.includes(answer))
    return [`${JSON.stringify(answer)} is not one of the choices for ${title || key}.`];
  if (isRequired(is_required) && isEmpty(answer)) return [`${title || key} requires an answer.`];
  return [];
}

const isEmpty = (answer: unknown): boolean =>
  answer === null || answer === "" || (typeof answer === "object" && Object.keys(answer).length === 0);

/** The flag is stored as organizers wrote it. Only the text "true" is true, as in bundles. */
const isRequired = (flag: string | boolean): boolean => flag === "true";
