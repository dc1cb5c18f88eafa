import "./copy-text.css";
import { useRef, useState } from "react";
import { copyText } from "../app/copy.ts";
import { useDesignTexts } from "./texts.ts";

/** A text for a terminal or a form elsewhere, with a button that copies it. */
export function CopyText({ label, children: text }: { label: string; children: string }) {
  const t = useDesignTexts();
  const code = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const isDone = await copyText(text);
    setCopied(isDone);
    // The keyboard copies what is selected.
    if (!isDone) getSelection()?.selectAllChildren(code.current!);
  };
  return (
    <div className="copy-text" role="group" aria-label={label}>
      <code ref={code}>{text}</code>
      <button type="button" className="button" onClick={() => void copy()}>
        <span aria-live="polite">{copied ? t.copied : t.copy}</span>
      </button>
    </div>
  );
}
