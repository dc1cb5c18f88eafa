import { useId, type ComponentProps } from "react";

/** A labelled input, with a hint and with what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  id: given,
  ...input
}: { label: string; hint?: string; error?: string | undefined } & Omit<ComponentProps<"input">, "className">) {
  const own = useId();
  const id = given ?? own;
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        className="input"
        aria-invalid={error ? true : undefined}
        aria-describedby={notes || undefined}
      />
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
    </div>
  );
}

/** A labelled text of several lines. */
export function TextArea({
  label,
  hint,
  ...input
}: { label: string; hint?: string } & Omit<ComponentProps<"textarea">, "id" | "className">) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea rows={3} {...input} id={id} className="input" aria-describedby={hint && `${id}-hint`} />
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
    </div>
  );
}

/** A labelled choice. */
export function Select({
  label,
  choices,
  ...input
}: { label: string; choices: (readonly [string, string])[] } & Omit<ComponentProps<"select">, "id" | "className">) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select {...input} id={id} className="input">
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A box to tick, with a hint below its words. */
export const Check = ({
  label,
  hint,
  ...input
}: { label: string; hint?: string } & Omit<ComponentProps<"input">, "type" | "className">) => (
  <label className="check">
    <input {...input} type="checkbox" />
    <span>
      {label}
      {hint && <span className="small quiet">{hint}</span>}
    </span>
  </label>
);
