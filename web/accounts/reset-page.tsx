import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client.ts";
import { useConfig } from "../api/session.ts";
import { AccountForm, AccountPage } from "./account-form.tsx";
import { NewPasswordField } from "./fields.tsx";
import { MailRequest } from "./mail-request.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/accounts/password_reset");

/** Asks for a mail with a link, or sets a password with the token of such a link. */
export function ResetPage() {
  const t = useTexts();
  const { token } = route.useSearch();
  const { sends_mail: sendsMail } = useConfig();
  return (
    <AccountPage title={t.reset}>
      {token !== undefined ? (
        <SetPassword token={token} />
      ) : sendsMail ? (
        <MailRequest
          about={t.resetAbout}
          send={(email) => ask(api.POST("/accounts/password_reset/", { body: { email } }))}
        />
      ) : (
        <p className="notice">{t.noMail}</p>
      )}
    </AccountPage>
  );
}

function SetPassword({ token }: { token: string }) {
  const t = useTexts();
  const set = useMutation({
    mutationFn: (password: string) => ask(api.POST("/accounts/password_reset/confirm/", { body: { token, password } })),
  });
  if (set.data)
    return (
      <>
        <p role="status" className="notice good">
          {t.isSet(set.data.username)}
        </p>
        <Link to="/accounts/login/" className="button main large">
          {t.logIn}
        </Link>
      </>
    );
  return (
    <AccountForm
      button={t.set}
      busy={set.isPending}
      error={set.error}
      fields={["password"]}
      onSend={({ password = "" }) => set.mutate(password)}
    >
      <NewPasswordField label={t.newPassword} name="password" error={set.error} />
    </AccountForm>
  );
}
