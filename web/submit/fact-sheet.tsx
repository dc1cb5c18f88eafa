import { useId } from "react";
import { Field } from "../design/field.tsx";
import type { Competition } from "../competitions/queries.ts";
import { useTexts } from "./texts.ts";

/** What organizers ask about a submission, as they wrote it. */
export interface Question {
  key: string;
  title: string;
  type: "checkbox" | "text" | "select";
  choices: unknown[];
  isRequired: boolean;
}

export type Answers = Record<string, unknown>;

export const questionsOf = ({ fact_sheet: sheet }: Competition): Question[] =>
  Object.values(sheet ?? {}).map(({ key, title, type, selection, is_required: isRequired }) => {
    const choices = Array.isArray(selection) ? (selection as unknown[]) : [];
    return {
      key,
      title: title || key,
      type: type === "checkbox" || type === "select" ? type : "text",
      choices,
      // The platform takes only a choice as the answer where there are choices.
      isRequired: isRequired === "true" || (type === "select" && choices.length > 0 && !choices.includes("")),
    };
  });

/** An answer to each question, from those that were given. */
export const completeAnswers = (questions: Question[], given: Answers): Answers =>
  Object.fromEntries(
    questions.map(({ key, type, choices }) => {
      const answer = given[key];
      if (type === "checkbox") return [key, answer === true];
      return [key, answer !== undefined && (choices.length === 0 || choices.includes(answer)) ? answer : ""];
    }),
  );

export const unanswered = (questions: Question[], answers: Answers): string[] =>
  questions
    .filter(({ key, isRequired, type }) => isRequired && type !== "checkbox" && String(answers[key]).trim() === "")
    .map(({ key }) => key);

/** The organizers' questions. */
export function FactSheet(props: {
  questions: Question[];
  answers: Answers;
  /** Keys of questions that must still be answered. */
  missing: string[];
  onAnswer: (key: string, answer: unknown) => void;
}) {
  const t = useTexts();
  return props.questions.map((question) => {
    const { key, title, type, isRequired } = question;
    const answer = props.answers[key];
    const error = props.missing.includes(key) ? t.answer : undefined;
    const onAnswer = (given: unknown) => props.onAnswer(key, given);
    if (type === "checkbox")
      return (
        <label key={key} className="submit-check">
          <input type="checkbox" checked={answer === true} onChange={({ target }) => onAnswer(target.checked)} />
          {title}
        </label>
      );
    if (type === "select")
      return <Select key={key} question={question} answer={answer} error={error} onAnswer={onAnswer} />;
    return (
      <Field
        key={key}
        label={isRequired ? `${title} (${t.required})` : title}
        value={String(answer)}
        error={error}
        aria-required={isRequired}
        onChange={({ target }) => onAnswer(target.value)}
      />
    );
  });
}

function Select(props: {
  question: Question;
  answer: unknown;
  error: string | undefined;
  onAnswer: (answer: unknown) => void;
}) {
  const { question, answer, error, onAnswer } = props;
  const t = useTexts();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{question.isRequired ? `${question.title} (${t.required})` : question.title}</label>
      <select
        id={id}
        className="input"
        value={String(question.choices.indexOf(answer))}
        aria-required={question.isRequired}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        onChange={({ target }) => onAnswer(question.choices[Number(target.value)] ?? "")}
      >
        {!question.choices.includes("") && <option value="-1">{t.pick}</option>}
        {question.choices.map((choice, at) => (
          <option key={at} value={at}>
            {String(choice)}
          </option>
        ))}
      </select>
      {error && (
        <span id={`${id}-error`} className="error">
          {error}
        </span>
      )}
    </div>
  );
}
