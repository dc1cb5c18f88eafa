/** The fields of the editor. Each is named by its path in the form, where problems find it. */
import { useId, type ReactNode } from "react";
import { timeZone } from "../../app/format.ts";
import { Field } from "../../design/field.tsx";
import { MarkdownEditor } from "../../markup/markdown-editor.tsx";
import { idOf, useEditor } from "../context.ts";
import { fromLocal, toLocal } from "../state/local-time.ts";
import { useTexts } from "../texts.ts";

interface FieldProps<Value> {
  path: string;
  label: string;
  hint?: string;
  value: Value;
  onChange: (value: Value) => void;
}
const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint });

export function TextField(props: FieldProps<string> & { maxLength?: number; type?: string; placeholder?: string }) {
  const { path, label, hint, value, onChange, ...input } = props;
  const { messageOf } = useEditor();
  return (
    <Field
      {...input}
      {...hintOf(hint)}
      id={idOf(path)}
      label={label}
      value={value}
      onChange={({ target }) => onChange(target.value)}
      error={messageOf(path)}
    />
  );
}

/** A whole number. An empty field is null. */
export function NumberField(props: FieldProps<number | null> & { min?: number; max?: number }) {
  const { path, label, hint, value, onChange, ...input } = props;
  const { messageOf } = useEditor();
  return (
    <Field
      min={0}
      {...input}
      {...hintOf(hint)}
      id={idOf(path)}
      type="number"
      inputMode="numeric"
      label={label}
      value={value ?? ""}
      onChange={({ target }) => onChange(target.value === "" ? null : Number(target.value))}
      error={messageOf(path)}
    />
  );
}

/** A moment in the reader's time zone, which is named. */
export function MomentField({ path, label, value, onChange }: FieldProps<string>) {
  const { messageOf } = useEditor();
  return (
    <Field
      id={idOf(path)}
      type="datetime-local"
      label={label}
      hint={timeZone()}
      value={toLocal(value)}
      onChange={({ target }) => onChange(fromLocal(target.value))}
      error={messageOf(path)}
    />
  );
}

export function MarkdownField(props: FieldProps<string> & { rows?: number; maxLength?: number }) {
  const { path, label, hint, value, onChange, rows = 8, maxLength = 1_000_000 } = props;
  const { messageOf } = useEditor();
  return (
    <MarkdownEditor
      id={idOf(path)}
      label={label}
      {...hintOf(hint)}
      value={value}
      onChange={onChange}
      rows={rows}
      maxLength={maxLength}
      error={messageOf(path)}
    />
  );
}

/** The id of a field, its problem, and the attributes that tell readers of the screen of its notes. */
function useMarks(path: string, hint: string | undefined) {
  const { messageOf } = useEditor();
  const id = idOf(path);
  const error = messageOf(path);
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const marks = { "aria-invalid": error ? true : undefined, "aria-describedby": notes || undefined } as const;
  return { id, error, marks };
}

export function LinesField(props: FieldProps<string> & { rows?: number; onBlur?: () => void }) {
  const { path, label, hint, value, onChange, rows = 4, onBlur } = props;
  const { id, error, marks } = useMarks(path, hint);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="input editor-lines"
        rows={rows}
        value={value}
        onBlur={onBlur}
        onChange={({ target }) => onChange(target.value)}
        {...marks}
      />
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

export function ChoiceField<Value extends string>(
  props: FieldProps<Value> & { choices: readonly { value: Value; text: string }[] },
) {
  const { path, label, hint, value, onChange, choices } = props;
  const { id, error, marks } = useMarks(path, hint);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={value}
        onChange={({ target }) => onChange(target.value as Value)}
        {...marks}
      >
        {choices.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <Notes id={id} hint={hint} error={error} />
    </div>
  );
}

export function CheckField({ path, label, hint, value, onChange }: FieldProps<boolean>) {
  const { messageOf } = useEditor();
  const id = idOf(path);
  const error = messageOf(path);
  return (
    <div className="editor-check">
      <input
        id={id}
        type="checkbox"
        checked={value}
        onChange={({ target }) => onChange(target.checked)}
        aria-invalid={error ? true : undefined}
        aria-describedby={[hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined}
      />
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <Notes id={id} hint={hint} error={error} />
      </div>
    </div>
  );
}

export function Notes({ id, hint, error }: { id: string; hint?: string | undefined; error?: string | undefined }) {
  return (
    <>
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
      {error && (
        <span id={`${id}-error`} className="error">
          {error}
        </span>
      )}
    </>
  );
}

/** Fields that belong together, below a heading. */
export function Group({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className="card editor-group" aria-labelledby={id}>
      <div className="editor-group-head">
        <h3 id={id}>{title}</h3>
        {about && <p className="small quiet">{about}</p>}
      </div>
      {children}
    </section>
  );
}

/** A line below a part of the form that has no field of its own to say it. */
export function PartProblem({ path }: { path: string }) {
  const { messageOf } = useEditor();
  const t = useTexts();
  const message = messageOf(path);
  return (
    <p id={idOf(path)} tabIndex={-1} className={message ? "editor-problem small" : "hidden"}>
      {message ?? t.fine}
    </p>
  );
}
