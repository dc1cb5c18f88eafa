import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "../api/client.ts";
import { useConfig, useSession } from "../api/session.ts";
import { Field } from "../design/field.tsx";
import { AccountForm, AccountPage } from "./account-form.tsx";
import { useTexts } from "./texts.ts";
import { useLogIn } from "./use-log-in.ts";

const route = getRouteApi("/accounts/login");

/** Why an identity provider's login was refused. The server leaves the sentence in a cookie for a minute. */
function refusedSignIn(): string | null {
  const sentence = /(?:^|; )signinrefused=([^;]*)/.exec(document.cookie)?.[1];
  return sentence === undefined ? null : decodeURIComponent(sentence);
}

export function LoginPage() {
  const t = useTexts();
  const { next } = route.useSearch();
  const { user } = useSession();
  const { identity_providers: providers, passkeys } = useConfig();
  const logIn = useLogIn(next);
  const [refused] = useState(refusedSignIn);
  const needsCode = logIn.error instanceof ApiError && ["SECOND_FACTOR_NEEDED", "BAD_CODE"].includes(logIn.error.code);
  if (user && !logIn.isPending)
    return (
      <AccountPage title={t.logIn}>
        <p>{t.already(user.username)}</p>
        <a href={next ?? "/"} className="button main large">
          {t.goOn}
        </a>
      </AccountPage>
    );
  return (
    <AccountPage title={t.logIn}>
      {refused !== null && logIn.isIdle && (
        <p role="alert" className="notice bad">
          {refused}
        </p>
      )}
      {providers.length > 0 && (
        <>
          <div className="account-providers">
            {providers.map(({ id, label, url }) => (
              <a key={id} className="button large" href={next ? `${url}?next=${encodeURIComponent(next)}` : url}>
                {label}
              </a>
            ))}
          </div>
          <p className="account-or small quiet">{t.logInWith}</p>
        </>
      )}
      <AccountForm
        button={t.logIn}
        busy={logIn.isPending}
        error={logIn.error}
        fields={[]}
        onSend={({ username = "", password = "", code }) =>
          logIn.mutate({ username, password, ...(code ? { code } : {}) })
        }
      >
        <Field label={t.usernameOrMail} name="username" autoComplete="username" maxLength={254} required />
        <Field label={t.password} name="password" type="password" autoComplete="current-password" required />
        {needsCode && (
          <Field label={t.code} hint={t.codeHint} name="code" autoComplete="one-time-code" required autoFocus />
        )}
      </AccountForm>
      {passkeys && (
        <button
          type="button"
          className="button large"
          disabled={logIn.isPending}
          onClick={() => logIn.mutate("passkey")}
        >
          {t.usePasskey}
        </button>
      )}
      <p className="account-links small">
        <Link to="/accounts/password_reset/">{t.forgot}</Link>
        <span>
          {t.noAccount}{" "}
          <Link to="/accounts/signup/" search={{ next }}>
            {t.signUp}
          </Link>
        </span>
      </p>
    </AccountPage>
  );
}
