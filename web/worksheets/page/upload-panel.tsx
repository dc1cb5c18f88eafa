import { useEffect, useRef } from "react";
import { bytes, number } from "../../app/format.ts";
import { ErrorNotice } from "../../shell/problem.tsx";
import { chosenOf } from "./dropped.ts";
import { useEditingTexts } from "./editing-texts.ts";
import type { Sending, Uploads } from "./use-uploads.ts";

/** Chooses files or a folder, which become bundles. Files may be dropped anywhere on the page. */
export function UploadPanel({ uploads, onClose }: { uploads: Uploads; onClose: () => void }) {
  const t = useEditingTexts();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    first.current?.focus();
    // React knows no such attribute.
    folder.current?.setAttribute("webkitdirectory", "");
  }, []);
  const take = (input: HTMLInputElement) => {
    uploads.add(chosenOf([...(input.files ?? [])]));
    // The same file can be chosen again.
    input.value = "";
    onClose();
  };
  return (
    <section className="card sheet-upload" aria-label={t.upload}>
      <p>{t.dropHere}</p>
      <p className="small quiet">{t.uploadAbout}</p>
      <div className="sheet-writer-actions">
        <button ref={first} type="button" className="button main" onClick={() => files.current?.click()}>
          {t.chooseFiles}
        </button>
        <button type="button" className="button" onClick={() => folder.current?.click()}>
          {t.chooseFolder}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t.cancel}
        </button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={t.chooseFiles}
        onChange={({ target }) => take(target)}
      />
      <input ref={folder} type="file" hidden aria-label={t.chooseFolder} onChange={({ target }) => take(target)} />
    </section>
  );
}

/** The uploads that go on. */
export function Sendings({ uploads }: { uploads: Uploads }) {
  const t = useEditingTexts();
  return (
    <ul className="card sheet-sendings" aria-label={t.uploads}>
      {uploads.sendings.map((sending) => (
        <li key={sending.id}>
          <Progress sending={sending} />
          <button type="button" className="button" onClick={sending.stop}>
            {sending.error === null ? t.stop : t.dismiss}
          </button>
          {sending.error !== null && (
            <>
              <button type="button" className="button" onClick={() => uploads.retry(sending)}>
                {t.retry}
              </button>
              <ErrorNotice error={sending.error} className="sheet-sending-error" />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function Progress({ sending: { dropped, sent, all, error } }: { sending: Sending }) {
  const t = useEditingTexts();
  const { name, content } = dropped;
  const words = error !== null ? t.failed : all === null ? t.waits : t.of(bytes(sent), bytes(all));
  return (
    <div className="sheet-progress">
      <span>
        <b>{name}</b>{" "}
        <span className="small quiet numbers">
          {content instanceof File ? "" : `${t.filesIn(content.length)} · `}
          {words}
        </span>
      </span>
      {error === null && (
        <progress aria-label={name} {...(all === null ? {} : { max: all, value: sent })}>
          {all === null ? "" : number(sent / all, { style: "percent" })}
        </progress>
      )}
    </div>
  );
}
