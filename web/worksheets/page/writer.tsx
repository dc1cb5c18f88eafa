import { useEffect, useId, useRef } from "react";
import { ErrorNotice } from "../../shell/problem.tsx";
import { useEditingTexts } from "./editing-texts.ts";
import { isChanged, type Writing } from "./use-writing.ts";

/** Where lines of a worksheet are written: those of a block, new ones, or all. Lines of all have their numbers. */
export function Writer({ writing, line, isOutdated }: { writing: Writing; line?: number; isOutdated: boolean }) {
  const t = useEditingTexts();
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLPreElement>(null);
  const { draft, isSaving, isKept } = writing;
  const isWhole = draft?.block === null;
  useEffect(() => {
    const field = area.current;
    // Whoever comes back to a draft begins at the top of the page.
    if (!field || isKept) return;
    field.focus();
    const before = field.value
      .split("\n")
      .slice(0, line ?? Infinity)
      .join("\n").length;
    const at = line === 0 ? 0 : Math.min(field.value.length, line === undefined ? before : before + 1);
    field.setSelectionRange(at, at);
    // The browser shows the line when it is scrolled to as far as its share of all.
    if (line !== undefined) field.scrollTop = (line / field.value.split("\n").length) * field.scrollHeight;
  }, [line, isKept]);
  if (!draft) return null;
  const { text } = draft;
  const count = text.split("\n").length;
  return (
    <form
      className="card sheet-writer"
      onSubmit={(event) => {
        event.preventDefault();
        writing.saveDraft();
      }}
      onKeyDown={(event) => {
        // What was written stays as a draft until somebody discards it, so Escape does not lose it.
        if (event.key === "Escape" && !isChanged(draft)) writing.discard();
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        writing.saveDraft();
      }}
    >
      <label htmlFor={id} className="sheet-writer-label">
        {isWhole ? t.source : draft.lines.from === draft.lines.to ? t.newText : t.editBlock}
      </label>
      <div className={isWhole ? "sheet-source" : "sheet-lines"}>
        {isWhole && (
          <pre ref={numbers} aria-hidden="true" className="sheet-numbers">
            {Array.from({ length: count }, (_line, at) => at + 1).join("\n")}
          </pre>
        )}
        <textarea
          ref={area}
          id={id}
          className="input"
          value={text}
          rows={isWhole ? 24 : Math.min(24, Math.max(4, count + 1))}
          wrap={isWhole ? "off" : "soft"}
          spellCheck={!isWhole}
          readOnly={isSaving}
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => writing.write(target.value)}
          onScroll={({ currentTarget }) => {
            if (numbers.current) numbers.current.scrollTop = currentTarget.scrollTop;
          }}
        />
      </div>
      <p id={`${id}-hint`} className="small quiet">
        {t.writeHint}
      </p>
      {isOutdated && <p className="notice wait small">{t.changedMeanwhile}</p>}
      {writing.error && <ErrorNotice error={writing.error} />}
      <div className="sheet-writer-actions">
        <button className="button main" disabled={isSaving} aria-busy={isSaving}>
          {isSaving ? t.saving : t.save}
        </button>
        <button type="button" className="button" onClick={writing.discard}>
          {t.discard}
        </button>
      </div>
    </form>
  );
}
