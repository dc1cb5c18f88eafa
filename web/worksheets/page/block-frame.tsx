import type { ReactNode } from "react";
import { Icon } from "../../design/icons.tsx";
import { Popover } from "../../design/popover.tsx";
import { useTexts } from "./texts.ts";

/** What can be done with a block. */
export interface BlockActions {
  edit: () => void;
  addBelow: () => void;
  move: (by: -1 | 1) => void;
  remove: () => void;
}

/** A block, which the keys go to, with what can be done with it. */
export function BlockFrame(props: {
  at: number;
  label: string;
  /** Null: the reader may not change it. */
  actions: BlockActions | null;
  isFirst: boolean;
  isLast: boolean;
  children: ReactNode;
}) {
  const t = useTexts();
  const { at, label, actions, isFirst, isLast, children } = props;
  return (
    <div className="sheet-block" data-place={at} tabIndex={-1} role="group" aria-label={label}>
      {children}
      {actions && (
        <Popover
          className="sheet-block-menu"
          buttonClass="icon-button"
          label={t.blockMenu(label)}
          button={<Icon name="more" />}
        >
          <div className="menu">
            <button type="button" className="nav-link" onClick={actions.edit}>
              {t.edit}
            </button>
            <button type="button" className="nav-link" onClick={actions.addBelow}>
              {t.addBelow}
            </button>
            {!isFirst && (
              <button type="button" className="nav-link" onClick={() => actions.move(-1)}>
                {t.moveUp}
              </button>
            )}
            {!isLast && (
              <button type="button" className="nav-link" onClick={() => actions.move(1)}>
                {t.moveDown}
              </button>
            )}
            <button type="button" className="nav-link sheet-danger" onClick={actions.remove}>
              {t.remove}
            </button>
          </div>
        </Popover>
      )}
    </div>
  );
}
