import type { ReactNode } from "react";
import { given } from "../app/form.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";

/** Asks for the name of what is to be made. */
export function NameDialog(props: {
  texts: { create: string; createIt: string; name: string; nameHint: string };
  placeholder?: string;
  onName: (name: string) => Promise<void>;
  onClose: () => void;
  children?: ReactNode;
}) {
  const { texts: t, placeholder, onName, onClose, children } = props;
  return (
    <ConfirmDialog
      title={t.create}
      action={t.createIt}
      isSafe
      onConfirm={(form) => onName(given(form, "name") ?? "")}
      onClose={onClose}
    >
      <Field
        label={t.name}
        hint={t.nameHint}
        name="name"
        required
        maxLength={200}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
      />
      {children}
    </ConfirmDialog>
  );
}
