import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ConfirmDialog } from "../../design/confirm-dialog.tsx";

interface ActionProps {
  /** The button that opens the question. */
  label: string;
  /** For people who do not see what the button stands beside. */
  about?: string;
  title: string;
  /** The button that does it. */
  submit: string;
  isDangerous?: boolean;
  /** What is asked, and what the reader should know. */
  children?: ReactNode;
  /** Does it. If it returns something to show, such as a link that is given to somebody, that takes the place of the question. */
  run: (form: FormData) => Promise<unknown>;
}

/** A button that asks before it does something, and reads everything of the administration anew when it is done. */
export function Action(props: ActionProps) {
  const { label, about, isDangerous } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={`button ${isDangerous ? "danger" : ""}`}
        aria-label={about && `${label}: ${about}`}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      {isOpen && <Question {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function Question({
  title,
  submit,
  isDangerous = false,
  children,
  run,
  onClose,
}: ActionProps & { onClose: () => void }) {
  const client = useQueryClient();
  return (
    <ConfirmDialog
      title={title}
      action={submit}
      isSafe={!isDangerous}
      onConfirm={async (form) => {
        const result = await run(form);
        await client.invalidateQueries({ queryKey: ["admin"] });
        return result;
      }}
      onClose={onClose}
    >
      {children}
    </ConfirmDialog>
  );
}
