import "./dialog.css";
import { useLayoutEffect, useRef, type ReactNode } from "react";

/**
 * A question over the page. The browser keeps the focus inside, closes it with Escape, and gives the focus back to what opened it,
 * whoever closes it.
 */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current!;
    // The menu that it was chosen from closes first: the focus goes back to the menu's button, since its entries are hidden then.
    document.activeElement?.closest<HTMLElement>("[popover]")?.hidePopover();
    shown.showModal();
    // Taken away while it is open, a dialog would keep the focus from everything.
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={title}
      // It may be open again when the browser tells that it was closed.
      onClose={({ currentTarget }) => currentTarget.open || onClose()}
    >
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
