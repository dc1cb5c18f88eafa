import { useEffect, useState } from "react";
import { keepDraft, readDraft, type Draft } from "./state/draft.ts";
import type { Editing } from "./state/editing.ts";
import { isSame } from "./state/same.ts";
import { changesOf } from "./state/write.ts";

/** Somebody types for a moment before the draft is written again. */
const pauseMs = 300;

export interface OfferedDraft {
  /** One of an earlier visit, until it is restored or discarded. Nothing is written over it. */
  offered: Draft | null;
  settle: () => void;
}

/** Keeps what is not saved, and offers what an earlier visit left. */
export function useDraft(
  user: string,
  id: number | null,
  { base, version, form }: Editing,
  isDirty: boolean,
): OfferedDraft {
  const [offered, setOffered] = useState(() => {
    const found = readDraft(user, id);
    return found && Object.keys(changesOf(found.base, found.form)).length > 0 && !isSame(found.form, base)
      ? found
      : null;
  });
  useEffect(() => {
    if (offered) return;
    const timer = setTimeout(
      () => keepDraft(user, id, isDirty ? { base, version, form, when: new Date().toISOString() } : null),
      pauseMs,
    );
    return () => clearTimeout(timer);
  }, [offered, user, id, base, version, form, isDirty]);
  return { offered, settle: () => setOffered(null) };
}
