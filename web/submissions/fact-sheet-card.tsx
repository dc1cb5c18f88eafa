import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, ask } from "../api/client.ts";
import type { Competition } from "../competitions/queries.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Facts } from "../design/facts.tsx";
import { Field } from "../design/field.tsx";
import type { Submission } from "./queries.ts";
import { useTexts } from "./texts.ts";

type Answers = Record<string, unknown>;
type Question = NonNullable<Competition["fact_sheet"]>[string];

/** What was answered to the organizers' questions. It can be answered again later. */
export function FactSheetCard({ competition, submission }: { competition: Competition; submission: Submission }) {
  const t = useTexts();
  const [edits, setEdits] = useState(false);
  const questions = Object.values(competition.fact_sheet ?? {});
  const { fact_sheet_answers: answers, permissions, parent } = submission;
  const mayEdit = permissions.answer_fact_sheet && parent === null;
  if (questions.length === 0 || (answers === null && !mayEdit)) return null;
  return (
    <section className="card submission-card" aria-labelledby="sheet-title">
      <div className="submission-card-head">
        <h2 id="sheet-title">{t.sheet.title}</h2>
        {mayEdit && (
          <button type="button" className="button" onClick={() => setEdits(true)}>
            {t.sheet.edit}
          </button>
        )}
      </div>
      <Facts facts={questions.map(({ key, title }) => [title || key, asText(answers?.[key]) ?? t.sheet.none])} />
      {edits && (
        <EditDialog id={submission.id} questions={questions} answers={answers ?? {}} onClose={() => setEdits(false)} />
      )}
    </section>
  );
}

const asText = (answer: unknown): string | null =>
  typeof answer === "string" || typeof answer === "number"
    ? String(answer) || null
    : answer === true
      ? "✓"
      : answer === undefined || answer === null || answer === false
        ? null
        : JSON.stringify(answer);

const choicesOf = ({ selection }: Question): unknown[] => (Array.isArray(selection) ? (selection as unknown[]) : []);

function EditDialog(props: { id: number; questions: Question[]; answers: Answers; onClose: () => void }) {
  const { id, questions, onClose } = props;
  const t = useTexts();
  const client = useQueryClient();
  // The platform wants an answer to each question.
  const [answers, setAnswers] = useState<Answers>(() =>
    Object.fromEntries(
      questions.map((question) => {
        const { key, type } = question;
        return [key, props.answers[key] ?? (type === "checkbox" ? false : (choicesOf(question)[0] ?? ""))];
      }),
    ),
  );
  return (
    <ConfirmDialog
      title={t.sheet.title}
      action={t.sheet.save}
      isSafe
      onConfirm={async () => {
        await ask(api.PATCH("/api/submissions/{id}/update_fact_sheet/", { params: { path: { id } }, body: answers }));
        await client.invalidateQueries({ queryKey: ["submission", id] });
      }}
      onClose={onClose}
    >
      {questions.map((question) => (
        <Answer
          key={question.key}
          question={question}
          answer={answers[question.key]}
          onAnswer={(answer) => setAnswers({ ...answers, [question.key]: answer })}
        />
      ))}
    </ConfirmDialog>
  );
}

function Answer(props: { question: Question; answer: unknown; onAnswer: (answer: unknown) => void }) {
  const { question, answer, onAnswer } = props;
  const id = useId();
  const label = question.title || question.key;
  const choices = choicesOf(question);
  if (question["type"] === "checkbox")
    return (
      <label className="scores-digits">
        <input type="checkbox" checked={answer === true} onChange={({ target }) => onAnswer(target.checked)} />
        {label}
      </label>
    );
  if (choices.length > 0)
    return (
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <select
          id={id}
          className="input"
          value={choices.indexOf(answer)}
          onChange={({ target }) => onAnswer(choices[Number(target.value)])}
        >
          {choices.map((choice, at) => (
            <option key={at} value={at}>
              {String(choice)}
            </option>
          ))}
        </select>
      </div>
    );
  return (
    <Field
      label={label}
      value={typeof answer === "string" ? answer : JSON.stringify(answer)}
      required={question["is_required"] === "true"}
      onChange={({ target }) => onAnswer(target.value)}
    />
  );
}
