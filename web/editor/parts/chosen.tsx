/** Fields whose values are chosen by a search. */
import { useState } from "react";
import { idOf, useEditor } from "../context.ts";
import type { Kind } from "../queries.ts";
import type { Named } from "../state/form.ts";
import { moved } from "../state/lists.ts";
import { useTexts } from "../texts.ts";
import { ChooseDialog } from "./choose-dialog.tsx";
import { MoveButtons } from "./part-card.tsx";
import { Notes } from "./fields.tsx";

interface Props<Value> {
  path: string;
  kind: Exclude<Kind, "person">;
  label: string;
  hint?: string;
  value: Value;
  onChange: (value: Value) => void;
}

/** One that exists, or none. */
export function ChosenField({
  path,
  kind,
  label,
  hint,
  value,
  none,
  onChange,
}: Props<Named | null> & { none: string }) {
  const t = useTexts();
  const { messageOf } = useEditor();
  const [choosing, setChoosing] = useState(false);
  const id = idOf(path);
  const error = messageOf(path);
  return (
    <div className="field">
      <span className="editor-label">{label}</span>
      <div className="editor-chosen">
        <span className={value ? "" : "quiet"}>{value?.name ?? none}</span>
        <span className="editor-part-tools">
          <button
            type="button"
            id={id}
            className="button"
            aria-label={`${value ? t.change : t.choose} ${label}`}
            aria-describedby={[hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined}
            onClick={() => setChoosing(true)}
          >
            {value ? t.change : t.choose}
          </button>
          {value && (
            <button
              type="button"
              className="button"
              aria-label={`${t.remove}: ${label}`}
              onClick={() => onChange(null)}
            >
              {t.remove}
            </button>
          )}
        </span>
      </div>
      <Notes id={id} hint={hint} error={error} />
      {choosing && (
        <ChooseDialog
          kind={kind}
          title={label}
          chosen={value ? [value.part] : []}
          onChoose={({ part, name }) => {
            onChange({ part, name });
            setChoosing(false);
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </div>
  );
}

/** Several that exist, in an order. */
export function ChosenList({ path, kind, label, hint, value, onChange, add }: Props<Named[]> & { add: string }) {
  const t = useTexts();
  const { messageOf } = useEditor();
  const [choosing, setChoosing] = useState(false);
  const id = idOf(path);
  const error = messageOf(path);
  return (
    <div className="field" role="group" aria-label={label}>
      <span className="editor-label">{label}</span>
      {value.length > 0 && (
        <ol className="editor-chosen-list">
          {value.map(({ part, name }, at) => (
            <li key={part} className="editor-chosen">
              <span>{name}</span>
              <span className="editor-part-tools">
                <MoveButtons
                  name={name}
                  at={at}
                  first={0}
                  last={value.length - 1}
                  onMove={(to) => onChange(moved(value, at, to))}
                />
                <button
                  type="button"
                  className="button"
                  aria-label={`${t.remove}: ${name}`}
                  onClick={() => onChange(value.filter((_, other) => other !== at))}
                >
                  {t.remove}
                </button>
              </span>
            </li>
          ))}
        </ol>
      )}
      <div>
        <button
          type="button"
          id={id}
          className="button"
          aria-describedby={[hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined}
          onClick={() => setChoosing(true)}
        >
          {add}
        </button>
      </div>
      <Notes id={id} hint={hint} error={error} />
      {choosing && (
        <ChooseDialog
          kind={kind}
          title={add}
          chosen={value.map(({ part }) => part)}
          onChoose={({ part, name }) => {
            onChange([...value, { part, name }]);
            setChoosing(false);
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </div>
  );
}
