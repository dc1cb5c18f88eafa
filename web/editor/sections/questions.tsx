import { useEditor } from "../context.ts";
import { CheckField, ChoiceField, LinesField, PartProblem, TextField } from "../parts/fields.tsx";
import { PartCards } from "../parts/part-card.tsx";
import { newQuestion, type Question } from "../state/form.ts";
import { useTexts } from "../texts.ts";

const flags = ["is_required", "is_on_leaderboard"] as const;

/** What participants answer about each submission: the fact sheet. */
export function Questions() {
  const t = useTexts();
  const { form, change } = useEditor();
  return (
    <>
      {form.questions.length === 0 && <p className="card editor-group quiet">{t.noQuestions}</p>}
      <PartCards
        path="questions"
        parts={form.questions}
        canBeEmpty
        nameOf={({ title, key }, at) => title || key || t.question(at + 1)}
        onChange={(questions) => change(() => ({ questions }))}
      >
        {(question, at, onChange) => <QuestionFields question={question} at={at} onChange={onChange} />}
      </PartCards>
      <PartProblem path="questions" />
      <p>
        <button
          type="button"
          className="button"
          onClick={() => change(({ questions }) => ({ questions: [...questions, newQuestion()] }))}
        >
          {t.addQuestion}
        </button>
      </p>
    </>
  );
}

function QuestionFields(props: { question: Question; at: number; onChange: (changes: Partial<Question>) => void }) {
  const { question, at, onChange } = props;
  const t = useTexts();
  const path = (name: string) => `questions[${at}].${name}`;
  const choices = Array.isArray(question.selection) ? question.selection.map(String) : [];
  return (
    <>
      <div className="editor-pair">
        <TextField
          path={path("title")}
          label={t.fields.question}
          value={question.title}
          onChange={(title) => onChange({ title })}
        />
        <TextField
          path={path("key")}
          label={t.fields.key}
          hint={t.hints.questionKey}
          value={question.key}
          onChange={(key) => onChange({ key })}
        />
        <ChoiceField
          path={path("type")}
          label={t.fields.type}
          value={question.type}
          choices={[
            { value: "text", text: t.types.text },
            { value: "checkbox", text: t.types.checkbox },
            { value: "select", text: t.types.select },
          ]}
          onChange={(type) =>
            onChange({
              type,
              selection: type === "select" ? choices : type === question.type ? question.selection : "",
            })
          }
        />
      </div>
      {question.type === "select" && (
        <LinesField
          path={path("selection")}
          label={t.fields.selection}
          hint={t.hints.selection}
          value={choices.join("\n")}
          onChange={(text) => onChange({ selection: text === "" ? [] : text.split("\n") })}
        />
      )}
      {flags.map((name) => (
        <CheckField
          key={name}
          path={path(name)}
          label={t.questionFlags[name]}
          value={question[name] === "true"}
          onChange={(isOn) => onChange({ [name]: String(isOn) })}
        />
      ))}
    </>
  );
}
