import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Facts } from "../../../design/facts.tsx";
import { ErrorNotice } from "../../../shell/problem.tsx";
import { isFinal } from "../../states.tsx";
import { changeBundle } from "../queries.ts";
import { useTexts } from "../texts.ts";
import type { Bundle } from "../types.ts";
import { fieldText, givenValue, shownValue } from "./values.ts";

/** What people wrote of the bundle, and may change in place. */
export function MetadataCard({ bundle }: { bundle: Bundle }) {
  const { metadata: t, facts } = useTexts();
  const { metadata, editable, types, frozen } = bundle;
  const [edited, edit] = useState<string | null>(null);
  const textOf = (key: string) => {
    const value = metadata[key];
    return typeof value === "boolean" ? (value ? facts.yes : facts.no) : shownValue(value, types[key]);
  };
  const canEdit = (key: string) => frozen === null && editable.includes(key);
  const isSet = (key: string) => ![undefined, "", false].includes(metadata[key] as string);
  // What only a run says that has not started, or a bundle without contents of its own.
  const others = editable.filter((key) => key !== "store" && (isSet(key) || !isFinal(bundle.state)));
  const written = ["name", "description", "tags", "license", "source_url"].filter((key) => key in types);
  const shown = [...written, ...others.filter((key) => !written.includes(key))];
  const all = Object.keys(metadata).filter((key) => textOf(key) !== "");
  return (
    <section className="card bundle-card" aria-labelledby="metadata-title">
      <h2 id="metadata-title">{t.title}</h2>
      <dl className="bundle-metadata">
        {shown
          .filter((key) => canEdit(key) || textOf(key) !== "")
          .map((key) => (
            <div key={key} className="bundle-pair">
              <dt>{t.names[key] ?? key}</dt>
              <dd>
                {edited === key ? (
                  <Editor bundle={bundle} name={key} onEnd={() => edit(null)} />
                ) : (
                  <>
                    <span className="bundle-value">{textOf(key) || t.nothing}</span>
                    {canEdit(key) && (
                      <button
                        type="button"
                        className="bundle-edit"
                        aria-label={t.editOf(t.names[key] ?? key)}
                        onClick={() => edit(key)}
                      >
                        {t.edit}
                      </button>
                    )}
                  </>
                )}
              </dd>
            </div>
          ))}
      </dl>
      <details>
        <summary className="small">{t.all}</summary>
        <Facts className="bundle-all" facts={all.map((key) => [key, textOf(key)])} />
      </details>
    </section>
  );
}

/** Changes one value, in its place. */
function Editor({ bundle, name, onEnd }: { bundle: Bundle; name: string; onEnd: () => void }) {
  const { metadata: t, facts } = useTexts();
  const id = useId();
  const client = useQueryClient();
  const type = bundle.types[name];
  const [text, write] = useState(() => fieldText(bundle.metadata[name]));
  const save = useMutation({
    mutationFn: () => changeBundle(bundle.uuid, { metadata: { [name]: givenValue(text, type) } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["bundle", bundle.uuid] });
      onEnd();
    },
  });
  const field = {
    id,
    className: "input",
    value: text,
    "aria-label": t.names[name] ?? name,
    "aria-describedby": `${id}-about`,
    // Whoever pressed "Edit" writes here next.
    ref: (box: HTMLElement | null) => box?.focus(),
  };
  return (
    <form
      className="bundle-editor"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
      onKeyDown={({ key }) => {
        if (key === "Escape") onEnd();
      }}
    >
      {type === "bool" ? (
        <select {...field} onChange={({ target }) => write(target.value)}>
          <option value="true">{facts.yes}</option>
          <option value="false">{facts.no}</option>
        </select>
      ) : type === "list" || name === "description" ? (
        <textarea {...field} rows={3} onChange={({ target }) => write(target.value)} />
      ) : (
        <input {...field} onChange={({ target }) => write(target.value)} />
      )}
      <span id={`${id}-about`} className="small quiet">
        {type === "list" ? t.listHint : bundle.descriptions[name]}
      </span>
      {save.isError && <ErrorNotice error={save.error} />}
      <div className="bundle-editor-buttons">
        <button className="button main" disabled={save.isPending} aria-busy={save.isPending}>
          {save.isPending ? t.saving : t.save}
        </button>
        <button type="button" className="button" onClick={onEnd}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}
