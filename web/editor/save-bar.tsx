import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import type { Outcome } from "./save.ts";
import type { Editing } from "./state/editing.ts";
import { useTexts } from "./texts.ts";

/** Saves, and says what is not saved. It stays in view. */
export function SaveBar(props: {
  isNew: boolean;
  isDirty: boolean;
  save: UseMutationResult<Outcome, Error, Editing>;
  /** Whether what was refused stands at its fields. */
  isRefused: boolean;
  onSave: () => void;
  onDiscard: () => void;
}) {
  const { isNew, isDirty, save, isRefused, onSave, onDiscard } = props;
  const t = useTexts();
  const [asking, setAsking] = useState(false);
  const canSave = isNew || isDirty;
  return (
    <div className="editor-save">
      {save.isError && !isRefused && <ErrorNotice error={save.error} />}
      <div className="editor-save-row card">
        <span role="status" className="small quiet">
          {save.isPending ? t.saving : isDirty ? t.unsaved : save.isSuccess ? t.saved : isNew ? "" : t.unchanged}
        </span>
        <span className="editor-part-tools">
          {isDirty && (
            <button type="button" className="button" onClick={() => setAsking(true)}>
              {t.discard}
            </button>
          )}
          <button
            type="button"
            className="button main"
            aria-disabled={!canSave || save.isPending}
            onClick={() => canSave && !save.isPending && onSave()}
          >
            {save.isPending ? t.saving : isNew ? t.create : t.save}
          </button>
        </span>
      </div>
      {asking && (
        <ConfirmDialog
          title={t.discardTitle}
          action={t.discard}
          onConfirm={() => Promise.resolve(onDiscard())}
          onClose={() => setAsking(false)}
        >
          <p>{t.discardAbout}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
