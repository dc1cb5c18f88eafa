import { useEffect, useRef } from "react";
import { dateTime, number } from "../app/format.ts";
import { Segments } from "../design/segments.tsx";
import { labelOf } from "./label.ts";
import type { Editing } from "./state/editing.ts";
import { merge, type Choice, type Difference } from "./state/merge.ts";
import { useTexts, type Texts } from "./texts.ts";

/** What somebody else saved while the form was edited, field by field. */
export function Conflict(props: {
  editing: Editing;
  conflict: NonNullable<Editing["conflict"]>;
  busy: boolean;
  onChoose: (id: string, choice: Choice) => void;
  onJoin: () => void;
  onSave: () => void;
}) {
  const { editing, conflict, busy, onChoose, onJoin, onSave } = props;
  const t = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { differences } = merge(editing.base, editing.form, conflict.form, conflict.choices);
  const forms = [editing.form, conflict.form, editing.base];
  return (
    <section className="card editor-group editor-conflict" aria-label={t.conflictTitle}>
      <h2 ref={heading} tabIndex={-1}>
        {t.conflictTitle}
      </h2>
      <p>{t.conflictAbout}</p>
      <ul className="editor-differences">
        {differences.map((difference) => {
          const label = labelOf(difference.path, forms, t);
          const chosen = conflict.choices[difference.id] ?? (difference.isConflict ? "mine" : "theirs");
          const button = (choice: Choice, words: string) => (
            <button type="button" aria-current={chosen === choice} onClick={() => onChoose(difference.id, choice)}>
              {words}
            </button>
          );
          return (
            <li key={difference.id}>
              <div className="editor-difference-head">
                <h3>{label}</h3>
                {difference.isConflict && <span className="pill wait">{t.both}</span>}
                <Segments label={label}>
                  {button("mine", t.keepMine)}
                  {button("theirs", t.takeTheirs)}
                </Segments>
              </div>
              <div className="editor-pair">
                <Side title={t.mine} value={difference.mine} difference={difference} isTaken={chosen === "mine"} />
                <Side
                  title={t.theirs}
                  value={difference.theirs}
                  difference={difference}
                  isTaken={chosen === "theirs"}
                />
              </div>
            </li>
          );
        })}
      </ul>
      <div className="editor-part-tools">
        <button type="button" className="button main" disabled={busy} onClick={onSave}>
          {busy ? t.saving : t.joinAndSave}
        </button>
        <button type="button" className="button" disabled={busy} onClick={onJoin}>
          {t.join}
        </button>
      </div>
    </section>
  );
}

function Side(props: { title: string; value: unknown; difference: Difference; isTaken: boolean }) {
  const t = useTexts();
  const { title, value, difference, isTaken } = props;
  return (
    <div className="editor-side" data-taken={isTaken}>
      <p className="small quiet">{title}</p>
      <p className="editor-value">{wordsOf(value, difference.path.at(-1)!, t)}</p>
    </div>
  );
}

/** A value of the form as people read it. */
function wordsOf(value: unknown, field: string, t: Texts): string {
  if (value === undefined) return t.absent;
  if (value === null && field === "end") return t.noEnd;
  if (value === null || value === "") return t.empty;
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return field === "start" || field === "end" ? dateTime(value) : value;
  if (Array.isArray(value)) return value.map((one) => wordsOf(one, field, t)).join(", ") || t.empty;
  const { title, name, username, key } = value as Record<string, string | undefined>;
  return title || name || username || key || JSON.stringify(value);
}
