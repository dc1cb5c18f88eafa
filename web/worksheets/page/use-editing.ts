import { useEffect, useRef, useState } from "react";
import type { ShownBundle, Worksheet } from "../types.ts";
import type { Opened } from "./changes.ts";
import { linesIn, moveBlock, moveRow, replaced, without, type Place } from "./places.ts";
import { focusPlace } from "./use-keys.ts";
import { useWriting, type Draft } from "./use-writing.ts";

/** Everything that somebody does to the source of a worksheet, in its blocks. */
export function useEditing(uuid: string, worksheet: Worksheet, places: readonly Place[]) {
  const writing = useWriting(uuid);
  const [line, setLine] = useState<number>();
  const [isShown, setShown] = useState(false);
  const { source } = worksheet;
  const base: Opened = { source, lastItemId: worksheet.last_item_id };
  const { draft } = writing;
  const [removed, setRemoved] = useState<{ before: readonly string[]; after: readonly string[] }>();
  useFocusAfter(draft);
  const change = async (mine: readonly string[]) => {
    setRemoved(undefined);
    await writing.change(base, mine);
  };
  const remove = async (after: readonly string[]) => {
    await change(after);
    setRemoved({ before: source, after });
  };
  return {
    writing,
    /** Puts back what was removed last. Null: there is nothing to put back. */
    undo: removed
      ? async () => {
          setRemoved(undefined);
          // As if both had been begun before: what others have changed since stays.
          await writing.change({ source: removed.after, lastItemId: null }, removed.before);
        }
      : null,
    /** The line of the source where somebody begins. */
    line,
    /** Whether the worksheet has changed since the draft was begun. */
    isOutdated:
      draft !== null && (draft.base.lastItemId !== base.lastItemId || draft.base.source.length !== source.length),
    shownSource: isShown,
    hideSource: () => setShown(false),

    /** Opens the whole source, at a block. Somebody who may not change it reads it. */
    editSource(block?: number) {
      if (worksheet.permission < 2 || worksheet.frozen !== null) return setShown(true);
      if (draft) return;
      setLine(block === undefined ? 0 : (places[block]?.own.from ?? 0));
      writing.open({ base, lines: { from: 0, to: source.length }, text: source.join("\n"), block: null });
    },
    editBlock(block: number) {
      const own = places[block]?.own;
      if (!own || draft) return;
      setLine(undefined);
      writing.open({ base, lines: own, text: source.slice(own.from, own.to).join("\n"), block });
    },
    /** Opens an empty text behind a block. -1: before the first. */
    addText(behind: number) {
      if (draft) return;
      const at = behind < 0 ? 0 : (places[behind]?.own.to ?? source.length);
      setLine(undefined);
      writing.open({ base, lines: { from: at, to: at }, text: "", block: behind });
    },
    /** Moves a block, or a row of it, and the focus with it. */
    async move(block: number, row: number | null, by: -1 | 1) {
      const moved = row === null ? moveBlock(source, places, block, by) : moveRow(worksheet, block, row, by);
      if (!moved) return;
      await change(moved.source);
      requestAnimationFrame(() => focusPlace(moved.block, row === null ? undefined : moved.row));
    },
    async remove(block: number) {
      const place = places[block];
      if (!place) return;
      await remove(replaced(source, place.own, []));
      requestAnimationFrame(() => focusPlace(Math.max(0, block - 1)));
    },
    /** Takes bundles off the worksheet, wherever they stand on it. */
    async detach(bundles: readonly ShownBundle[]) {
      const uuids = new Set(bundles.map(({ uuid }) => uuid));
      const gone = linesIn({ from: 0, to: source.length }).filter((line) => {
        const uuid = /\{(0x[0-9a-f]{32})\}\s*$/.exec(source[line]!)?.[1];
        return uuid !== undefined && uuids.has(uuid);
      });
      await remove(without(source, gone));
    },
  };
}

/** The focus goes to what was written, when it has been saved or discarded. */
function useFocusAfter(draft: Draft | null): void {
  const block = useRef<number>(undefined);
  useEffect(() => {
    if (draft) {
      const isNew = draft.lines.from === draft.lines.to;
      block.current = draft.block === null ? undefined : draft.block + (isNew ? 1 : 0);
    } else if (block.current !== undefined) {
      focusPlace(block.current);
      block.current = undefined;
    }
  }, [draft]);
}

export type Editing = ReturnType<typeof useEditing>;
