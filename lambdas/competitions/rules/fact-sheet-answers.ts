import type { FactSheetQuestion } from "./competition.ts";

/** Answers to a fact sheet by the key of the question. */
export type Answers = Record<string, unknown>;

/**
 * What is wrong with answers, a sentence each. None at all is fine even where some are required, since scripts send none;
 * otherwise every question must be there and nothing else, an answer must be one of a question's selection if it has
 * one, and a required one may not be empty unless it is true or false.
 */
export function checkAnswers(questions: Record<string, FactSheetQuestion> | null, answers: Answers | null): string[] {
  if (answers === null || Object.keys(answers).length === 0) return [];
  const asked = questions ?? {};
  const missing = Object.keys(asked).filter((key) => !Object.hasOwn(answers, key));
  const extra = Object.keys(answers).filter((key) => !Object.hasOwn(asked, key));
  if (missing.length + extra.length > 0)
    return [
      ...missing.map((key) => `There is no answer to ${key}.`),
      ...extra.map((key) => `There is no question ${key}.`),
    ];
  return Object.values(asked).flatMap((question) => check(question, answers[question.key]));
}

function check({ key, title, selection, is_required }: FactSheetQuestion, answer: unknown): string[] {
  const choices = Array.isArray(selection) ? (selection as unknown[]) : [];
  if (choices.length > 0 && !choices.includes(answer))
    return [`${JSON.stringify(answer)} is not one of the answers to ${title || key}.`];
  if (isRequired(is_required) && isEmpty(answer)) return [`${title || key} needs an answer.`];
  return [];
}

const isEmpty = (answer: unknown): boolean =>
  answer === null || answer === "" || (typeof answer === "object" && Object.keys(answer).length === 0);

/** Kept as organizers wrote it; only the text counts, as the bundle format has it. */
const isRequired = (flag: string | boolean): boolean => flag === "true";
