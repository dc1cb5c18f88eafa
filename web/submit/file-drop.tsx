import "./file-drop.css";
import { useRef, useState, type ReactNode } from "react";
import { bytes, lasting, number } from "../app/format.ts";
import { Icon } from "../design/icons.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { useUploadTexts } from "../upload/texts.ts";
import { useTexts } from "./texts.ts";
import type { Chosen, useFile } from "./use-file.ts";

/** Where a file is dropped or chosen, and what becomes of it. */
export function FileDrop({
  state: { chosen, choose, remove, send },
  most,
  problem,
}: {
  state: ReturnType<typeof useFile>;
  /** The largest size, if there is one. */
  most: number | null;
  /** What is wrong with having no file. */
  problem: string | undefined;
}) {
  const t = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) void choose(file);
    // The same file can be chosen again.
    if (input.current) input.current.value = "";
  };
  return (
    <div
      className="file-drop"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t.file}
        accept=".zip,application/zip"
        onChange={({ target }) => take(target.files)}
      />
      {chosen ? (
        <FileState
          chosen={chosen}
          actions={
            <>
              {(chosen.step === "refused" || chosen.step === "doubtful") && (
                <button type="button" className="button" onClick={() => input.current?.click()}>
                  {t.another}
                </button>
              )}
              {chosen.step === "doubtful" && (
                <button type="button" className="button" onClick={() => void send(chosen.file, chosen.checksum)}>
                  {t.anyway}
                </button>
              )}
              {chosen.step === "failed" && (
                <button type="button" className="button" onClick={() => void choose(chosen.file)}>
                  {t.tryAgain}
                </button>
              )}
              {chosen.step !== "doubtful" && chosen.step !== "refused" && (
                <button type="button" className="button" onClick={remove}>
                  {t.remove}
                </button>
              )}
            </>
          }
        />
      ) : (
        <div className="file-drop-empty">
          <p>
            {t.drop}{" "}
            <button type="button" className="button" onClick={() => input.current?.click()}>
              {t.choose}
            </button>
          </p>
          {most !== null && <p className="small quiet">{t.limit(bytes(most))}</p>}
          {problem && (
            <p className="small file-drop-problem" role="alert">
              {problem}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function FileState({ chosen, actions }: { chosen: Chosen; actions: ReactNode }) {
  const t = useTexts();
  const { broken } = useUploadTexts();
  const { file, step } = chosen;
  return (
    <>
      <div className="file-drop-head">
        <Icon name="file" />
        <div className="file-drop-words">
          <p>
            <b>{file.name}</b> <span className="quiet">{bytes(file.size)}</span>
          </p>
          <p className="small quiet numbers" role="status">
            {step === "checking" && t.checking}
            {step === "sending" && (chosen.isBroken ? broken : progressOf(chosen, t))}
            {step === "sent" && t.sent}
          </p>
        </div>
        <div className="file-drop-actions">{actions}</div>
      </div>
      {step === "sending" && (
        <progress className="file-drop-bar" aria-label={t.progress} max={file.size} value={chosen.sent}>
          {number(chosen.sent / file.size, { style: "percent" })}
        </progress>
      )}
      {step === "refused" && (
        <p className="notice bad" role="alert">
          {chosen.problem}
        </p>
      )}
      {step === "doubtful" && (
        <p className="notice wait" role="alert">
          {t.nested(chosen.folder)}
        </p>
      )}
      {step === "failed" && <ErrorNotice error={chosen.error} />}
    </>
  );
}

function progressOf(chosen: Chosen & { step: "sending" }, t: ReturnType<typeof useTexts>): string {
  const { file, sent, rate } = chosen;
  const parts = [t.of(bytes(sent), bytes(file.size))];
  if (rate) parts.push(t.perSecond(bytes(rate)), t.left(lasting((1000 * (file.size - sent)) / rate)));
  return parts.join(" · ");
}
