import type { Dispatch } from "react";
import { dateTime } from "../app/format.ts";
import type { Action } from "./state/editing.ts";
import { useTexts } from "./texts.ts";
import type { OfferedDraft } from "./use-draft.ts";

/** Offers what an earlier visit did not save. */
export function DraftNotice({ draft, dispatch }: { draft: OfferedDraft; dispatch: Dispatch<Action> }) {
  const t = useTexts();
  const { offered, settle } = draft;
  if (!offered) return null;
  const { base, version, form, when } = offered;
  return (
    <div role="status" className="notice wait editor-draft">
      <p>{t.draft(dateTime(when))}</p>
      <span className="editor-part-tools">
        <button
          type="button"
          className="button"
          onClick={() => {
            dispatch({ type: "restore", base, version, form });
            settle();
          }}
        >
          {t.restore}
        </button>
        <button type="button" className="button" onClick={settle}>
          {t.forget}
        </button>
      </span>
    </div>
  );
}
