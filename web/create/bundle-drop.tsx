import { useRef, useState } from "react";
import { Icon } from "../design/icons.tsx";
import { useTexts } from "./texts.ts";

/** Says that a bundle may be dropped, which the page takes, or chosen. */
export function BundleDrop({ busy, onChoose }: { busy: boolean; onChoose: (file: File) => void }) {
  const t = useTexts();
  const [isOver, setIsOver] = useState(false);
  return (
    <div
      className="card bundle-drop"
      data-over={isOver}
      onDragOver={() => setIsOver(true)}
      onDragLeave={() => setIsOver(false)}
      onDrop={() => setIsOver(false)}
    >
      <Icon name="file" />
      <h2>{busy ? t.checking : t.drop}</h2>
      <p className="small quiet">{t.dropHint}</p>
      <ChooseButton main label={t.choose} onChoose={onChoose} disabled={busy} />
    </div>
  );
}

export function ChooseButton(props: {
  label: string;
  main?: boolean;
  disabled?: boolean;
  onChoose: (file: File) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className={props.main ? "button main" : "button"}
        disabled={props.disabled}
        onClick={() => input.current?.click()}
      >
        {props.label}
      </button>
      <input
        ref={input}
        type="file"
        accept=".zip,application/zip"
        aria-label={props.label}
        hidden
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          // The same file may be chosen again after it was mended.
          target.value = "";
          if (file) props.onChoose(file);
        }}
      />
    </>
  );
}
