import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../api/client.ts";
import { useConfig } from "../api/session.ts";
import { alternatives } from "../app/format.ts";
import { Field } from "../design/field.tsx";
import { AccountForm, AccountPage, messageOf } from "./account-form.tsx";
import { MailField, NewPasswordField } from "./fields.tsx";
import { MailRequest } from "./mail-request.tsx";
import { useTexts } from "./texts.ts";
import { useLogIn } from "./use-log-in.ts";

const route = getRouteApi("/accounts/signup");

/** Makes an account and logs in, where people may. Elsewhere it says what they need. */
export function SignUpPage() {
  const t = useTexts();
  const { token } = route.useSearch();
  const { sign_up: signUp } = useConfig();
  const isOpen = signUp.mode === "open" || token !== undefined;
  return (
    <AccountPage title={t.signUp}>
      {isOpen ? (
        <NewAccount token={token} />
      ) : signUp.mode === "domains" ? (
        <MailRequest
          about={t.domains(alternatives(signUp.domains))}
          send={(email) => ask(api.POST("/api/invitations/request/", { body: { email } }))}
        />
      ) : (
        <p className="notice">{signUp.mode === "invitation" ? t.invitation : t.closed}</p>
      )}
      <p className="small">
        {t.hasAccount} <Link to="/accounts/login/">{t.logIn}</Link>
      </p>
    </AccountPage>
  );
}

function NewAccount({ token }: { token: string | undefined }) {
  const t = useTexts();
  const { next } = route.useSearch();
  const logIn = useLogIn(next);
  const signUp = useMutation({
    mutationFn: (body: { username: string; email: string; password: string }) =>
      ask(api.POST("/api/signup/", { body: { ...body, ...(token ? { invitation: token } : {}) } })),
    onSuccess: (_, { username, password }) => logIn.mutateAsync({ username, password }),
  });
  return (
    <AccountForm
      button={t.makeAccount}
      busy={signUp.isPending}
      error={signUp.error}
      fields={["username", "email", "password"]}
      onSend={({ username = "", email = "", password = "" }) => signUp.mutate({ username, email, password })}
    >
      <Field
        label={t.username}
        hint={t.usernameHint}
        error={messageOf(signUp.error, "username")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        required
      />
      <MailField label={t.mail} error={signUp.error} />
      <NewPasswordField label={t.password} name="password" error={signUp.error} />
    </AccountForm>
  );
}
