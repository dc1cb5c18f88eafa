import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Conflict, Opened } from "./changes.ts";
import { replaced, type Lines } from "./places.ts";

/** What somebody writes and has not saved: lines in place of others, in the source as they opened it. */
export interface Draft {
  base: Opened;
  lines: Lines;
  text: string;
  /** The block whose lines these are, or behind which they are added. Null: the whole source. */
  block: number | null;
}

const keyOf = (uuid: string) => `draft worksheet ${uuid}`;

function keptDraft(uuid: string): Draft | null {
  const text = sessionStorage.getItem(keyOf(uuid));
  return text === null ? null : (JSON.parse(text) as Draft);
}

function keepDraft(uuid: string, draft: Draft | null): void {
  try {
    if (draft === null || !isChanged(draft)) sessionStorage.removeItem(keyOf(uuid));
    else sessionStorage.setItem(keyOf(uuid), JSON.stringify(draft));
  } catch {
    // It is too long for the browser to keep: then it lives as long as the page.
  }
}

/** Whether somebody has written something that is lost without the draft. */
export const isChanged = ({ base, lines, text }: Draft): boolean =>
  text !== base.source.slice(lines.from, lines.to).join("\n");

const textLines = (text: string): string[] => (text === "" ? [] : text.split("\n"));

/** The whole source that a draft makes. */
export const sourceOf = ({ base, lines, text, block }: Draft): string[] =>
  block === null ? textLines(text) : replaced(base.source, lines, textLines(text));

/** Everything that changes the source of a worksheet passes here, so that nothing that others wrote meanwhile is lost. */
export function useWriting(uuid: string) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => keptDraft(uuid));
  const [isKept, setKept] = useState(draft !== null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  useEffect(() => keepDraft(uuid, draft), [uuid, draft]);
  const save = useMutation({
    mutationFn: async ({ base, mine }: { base: Opened; mine: readonly string[] }) =>
      (await import("./changes.ts")).saveSource(client, uuid, base, mine),
    onSuccess: (outcome) => {
      if ("pieces" in outcome) return setConflict(outcome);
      setConflict(null);
      setDraft(null);
    },
  });
  return {
    draft,
    /** Whether the draft is one of an earlier visit. */
    isKept,
    conflict,
    isSaving: save.isPending,
    error: save.error,
    /** Whether what was saved last has been joined with what others wrote. */
    wasJoined: save.data !== undefined && "joined" in save.data && save.data.joined,
    open: (draft: Draft) => {
      save.reset();
      setKept(false);
      setDraft(draft);
    },
    write: (text: string) => setDraft((draft) => draft && { ...draft, text }),
    discard: () => {
      save.reset();
      setDraft(null);
    },
    saveDraft: () => draft && save.mutate({ base: draft.base, mine: sourceOf(draft) }),
    /** Saves a source that was made from an opened one. */
    change: (base: Opened, mine: readonly string[]) => save.mutateAsync({ base, mine }),
    /** Saves what was chosen of a conflict. */
    settle: (base: Opened, mine: readonly string[]) => save.mutate({ base, mine }),
    /** Goes on writing what was chosen of a conflict. */
    reopen: (base: Opened, mine: readonly string[]) => {
      setDraft({ base, lines: { from: 0, to: base.source.length }, text: mine.join("\n"), block: null });
      setConflict(null);
    },
    /** Goes back to what was written before it was to be saved. Without a draft, nothing is changed. */
    back: () => setConflict(null),
  };
}

export type Writing = ReturnType<typeof useWriting>;
