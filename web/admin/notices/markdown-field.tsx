import "./notices.css";
import { useDeferredValue, useEffect, useState } from "react";
import { Markdown } from "../../markup/markdown.tsx";
import { TextArea } from "../../design/field.tsx";
import { loadMath } from "../../markup/math.ts";
import { useTexts } from "./texts.ts";

/** A text in Markdown, and below it how everybody will see it. */
export function MarkdownField({ initial = "", maxLength }: { initial?: string; maxLength: number }) {
  const t = useTexts();
  const [text, setText] = useState(initial);
  const shown = useDeferredValue(text);
  return (
    <>
      <TextArea
        label={t.text}
        name="text"
        rows={6}
        required
        maxLength={maxLength}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      {shown.trim() !== "" && (
        <section aria-label={t.preview} className="markdown-preview">
          <p className="small quiet">{t.preview}</p>
          <Preview source={shown} />
        </section>
      )}
    </>
  );
}

/** Formulas appear when what shows them is loaded. */
function Preview({ source }: { source: string }) {
  const [loaded, setLoaded] = useState("");
  useEffect(() => {
    let isCurrent = true;
    void loadMath(source).then(() => isCurrent && setLoaded(source));
    return () => {
      isCurrent = false;
    };
  }, [source]);
  return <Markdown source={loaded} />;
}
