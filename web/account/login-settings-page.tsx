import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { AccountForm, messageOf } from "../accounts/account-form.tsx";
import { MailField, NewPasswordField } from "../accounts/fields.tsx";
import { api, ask } from "../api/client.ts";
import { useConfig, useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Field } from "../design/field.tsx";
import { SendAgain } from "./send-again.tsx";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

/** The password and the mail address. */
export function LoginSettingsPage() {
  const t = useTexts();
  return (
    <>
      <PageTitle>{t.pages.login}</PageTitle>
      <ChangePassword />
      <ChangeAddress />
    </>
  );
}

function ChangePassword() {
  const t = useTexts();
  // A new form after each change, so that no password stays in it.
  const [changes, setChanges] = useState(0);
  const change = useMutation({
    mutationFn: (body: { old_password: string; new_password: string; revoke_tokens: boolean }) =>
      ask(api.PUT("/api/account/password/", { body })),
    onSuccess: () => setChanges((count) => count + 1),
  });
  return (
    <SettingsCard title={t.password} about={t.passwordAbout}>
      <AccountForm
        key={changes}
        button={t.changePassword}
        busy={change.isPending}
        error={change.error}
        fields={["old_password", "new_password"]}
        onSend={({ old_password = "", new_password = "", revoke_tokens }) =>
          change.mutate({ old_password, new_password, revoke_tokens: revoke_tokens === "on" })
        }
      >
        <Field
          label={t.oldPassword}
          error={messageOf(change.error, "old_password")}
          name="old_password"
          type="password"
          autoComplete="current-password"
          required
        />
        <NewPasswordField label={t.newPassword} name="new_password" error={change.error} />
        <label className="settings-choice">
          <input type="checkbox" name="revoke_tokens" />
          {t.revokeTokens}
        </label>
        {change.isSuccess && (
          <p role="status" className="notice good">
            {t.passwordChanged}
          </p>
        )}
      </AccountForm>
    </SettingsCard>
  );
}

function ChangeAddress() {
  const t = useTexts();
  const { user } = useSession();
  const { identity_providers: providers } = useConfig();
  const change = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) =>
      ask(api.PUT("/api/account/email/", { body: { email, ...(password && { password }) } })),
  });
  const mayLackPassword = providers.length > 0;
  return (
    <SettingsCard title={t.address} about={t.addressAbout}>
      <p>
        {user?.email}{" "}
        <span className={`pill ${user?.email_is_confirmed ? "good" : "wait"}`}>
          {user?.email_is_confirmed ? t.confirmed : t.notConfirmed}
        </span>
      </p>
      {user && !user.email_is_confirmed && <SendAgain />}
      <AccountForm
        button={t.changeAddress}
        busy={change.isPending}
        error={change.error}
        fields={["email", "password"]}
        onSend={({ email = "", password = "" }) => change.mutate({ email, password })}
      >
        <MailField label={t.newAddress} error={change.error} />
        <Field
          label={t.password}
          {...(mayLackPassword && { hint: t.noPassword })}
          error={messageOf(change.error, "password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required={!mayLackPassword}
        />
        {change.data && (
          <p role="status" className="notice good">
            {change.data.detail}
          </p>
        )}
      </AccountForm>
    </SettingsCard>
  );
}
