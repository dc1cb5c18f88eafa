import { bundlesOf, isSeen, type BundleInfo, type Worksheet } from "../types.ts";
import type { Asked } from "./head.tsx";
import type { Editing } from "./use-editing.ts";
import { useKeys, type Focused } from "./use-keys.ts";

/** What the keys of a worksheet do. The help dialog lists them. */
export function useSheetKeys(props: {
  worksheet: Worksheet;
  canEdit: boolean;
  editing: Editing;
  isOn: boolean;
  ask: (asked: Asked) => void;
  run: (running: { again: BundleInfo | null }) => void;
}): void {
  const { worksheet, canEdit, editing, isOn, ask, run } = props;
  const { blocks } = worksheet;
  const bundleAt = ({ block, row }: Focused) => (blocks[block] ? bundlesOf(blocks[block])[row ?? 0] : undefined);
  /** The block that has the focus, or the last one. */
  const blockAt = ({ block }: Focused) => (block < 0 ? blocks.length - 1 : block);
  const open = ({ element, block }: Focused) => {
    const link = element?.querySelector<HTMLElement>("a.record-name");
    if (link) link.click();
    else if (canEdit && block >= 0) editing.editBlock(block);
  };
  /** Of a row, its bundle. Of a table, all of them. */
  const choose = ({ element }: Focused) => element?.querySelector<HTMLElement>("input[type=checkbox]")?.click();
  const move = (by: -1 | 1) => (place: Focused) => {
    if (place.block >= 0) void editing.move(place.block, place.row, by);
  };
  useKeys(
    {
      "?": () => ask("help"),
      Enter: open,
      x: choose,
      ...(canEdit && {
        e: (place) => editing.editBlock(blockAt(place)),
        E: (place) => editing.editSource(blockAt(place)),
        "a t": (place) => editing.addText(blockAt(place)),
        "a u": () => ask("upload"),
        "a r": () => run({ again: null }),
        "a n": (place) => {
          const bundle = bundleAt(place);
          if (bundle && isSeen(bundle) && bundle.bundle_type === "run") run({ again: bundle });
        },
        "Alt+ArrowUp": move(-1),
        "Alt+ArrowDown": move(1),
      }),
    },
    isOn,
  );
}
