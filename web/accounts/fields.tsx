import { useConfig } from "../api/session.ts";
import { Field } from "../design/field.tsx";
import { messageOf } from "./account-form.tsx";
import { useTexts } from "./texts.ts";

/** A mail address. `error` is what the server answered to the form. */
export const MailField = ({ label, error }: { label: string; error: unknown }) => (
  <Field label={label} error={messageOf(error, "email")} name="email" type="email" autoComplete="email" required />
);

/** A password that is to be kept, with the platform's rules for it. */
export function NewPasswordField({ label, name, error }: { label: string; name: string; error: unknown }) {
  const t = useTexts();
  const { min_password_length: least, max_password_length: most } = useConfig().limits;
  return (
    <Field
      label={label}
      hint={t.passwordHint(least)}
      error={messageOf(error, name)}
      name={name}
      type="password"
      autoComplete="new-password"
      minLength={least}
      maxLength={most}
      required
    />
  );
}
