import { useMutation } from "@tanstack/react-query";
import { isValidElement, type ReactNode } from "react";
import { ErrorNotice } from "../shell/problem.tsx";
import { Dialog } from "./dialog.tsx";
import { useDesignTexts } from "./texts.ts";

/** Asks before something is done, or for what is needed to do it. Stays open until it is done, and says why if it was refused. */
export function ConfirmDialog(props: {
  title: string;
  /** The words of the button, which say what is done. */
  action: string;
  /** The words of the other button, where "Cancel" could be taken for what is done. */
  keep?: string;
  /** Whether what is done can be undone. */
  isSafe?: boolean;
  /** Whether it can be done yet. */
  isReady?: boolean;
  /** Does it, with what the fields say. What it returns to show, such as a link that is shown once, takes the place of the question. */
  onConfirm: (form: FormData) => Promise<unknown>;
  /** What helps on once it was refused, below the reason. */
  whenRefused?: (error: Error) => ReactNode;
  onClose: () => void;
  children?: ReactNode;
}) {
  const t = useDesignTexts();
  const { title, action, keep = t.cancel, isSafe = false, isReady = true, onConfirm, onClose, children } = props;
  const work = useMutation({
    mutationFn: onConfirm,
    onSuccess: (result) => {
      if (!isValidElement(result)) onClose();
    },
  });
  const result = isValidElement(work.data) ? work.data : null;
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          work.mutate(new FormData(event.currentTarget));
        }}
      >
        {result ?? children}
        {work.isError && <ErrorNotice error={work.error} />}
        {work.isError && props.whenRefused?.(work.error)}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            {result ? t.close : keep}
          </button>
          {!result && (
            <button
              className={`button ${isSafe ? "main" : "danger"}`}
              disabled={!isReady || work.isPending}
              aria-busy={work.isPending}
            >
              {action}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
