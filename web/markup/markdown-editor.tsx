import "./markdown-editor.css";
import { useId, useState } from "react";
import { Segments } from "../design/segments.tsx";
import { useDesignTexts } from "../design/texts.ts";
import type { Markdown } from "./markdown.tsx";
import { loadMath } from "./math.ts";

/** What shows Markdown is large, and is loaded for the first preview. */
async function loadPreview(source: string) {
  const [loaded] = await Promise.all([import("./markdown.tsx"), loadMath(source)]);
  return loaded.Markdown;
}

/** A field for Markdown, which shows what becomes of it. */
export function MarkdownEditor(props: {
  id?: string;
  label: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  maxLength: number;
  error?: string | undefined;
}) {
  const t = useDesignTexts();
  const own = useId();
  const id = props.id ?? own;
  const [Preview, setPreview] = useState<typeof Markdown | null>(null);
  const isPreview = Preview !== null;
  const { label, hint, value, onChange, rows = 8, maxLength, error } = props;
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field markdown-editor">
      <div className="markdown-editor-head">
        <label htmlFor={id}>{label}</label>
        <Segments label={label}>
          <button type="button" aria-current={!isPreview} onClick={() => setPreview(null)}>
            {t.write}
          </button>
          <button
            type="button"
            aria-current={isPreview}
            onClick={() => void loadPreview(value).then((loaded) => setPreview(() => loaded))}
          >
            {t.preview}
          </button>
        </Segments>
      </div>
      <textarea
        id={id}
        className="input"
        hidden={isPreview}
        rows={rows}
        maxLength={maxLength}
        value={value}
        onChange={({ target }) => onChange(target.value)}
        aria-invalid={error ? true : undefined}
        aria-describedby={notes || undefined}
      />
      {Preview && (
        <div className="markdown-editor-preview">
          {value.trim() === "" ? <p className="quiet">{t.nothing}</p> : <Preview source={value} />}
        </div>
      )}
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
