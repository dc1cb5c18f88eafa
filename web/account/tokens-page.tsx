import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AccountForm } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { date, relative } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { CopyText } from "../design/copy-text.tsx";
import { Field } from "../design/field.tsx";
import { browserName } from "./browser-name.ts";
import { tokensQuery } from "./queries.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

const scopes = ["read", "submit", "organize", "worker"] as const;

/** Tokens with which programs act for the account. */
export function TokensPage() {
  const t = useTexts();
  const client = useQueryClient();
  const { data: tokens } = useSuspenseQuery(tokensQuery);
  const [revoked, setRevoked] = useState<{ id: string; name: string }>();
  return (
    <>
      <PageTitle>{t.pages.tokens}</PageTitle>
      <NewToken />
      <SettingsCard title={t.pages.tokens} about={t.tokensAbout}>
        {tokens.length === 0 && <p className="quiet">{t.noTokens}</p>}
        {tokens.length > 0 && (
          <ul className="settings-list">
            {tokens.map((token) => {
              const name = token.name ?? browserName(token.user_agent) ?? t.unknownProgram;
              return (
                <li key={token.id} className="settings-item">
                  <div>
                    <b>{name}</b> {token.is_current && <span className="pill accent">{t.thisSession}</span>}
                    <p className="small quiet">
                      {token.scopes ? token.scopes.map((scope) => t.scope[scope].name).join(", ") : t.allScopes} ·{" "}
                      {token.last_used ? t.lastUsed(relative(token.last_used)) : t.neverUsed} ·{" "}
                      {t.ends(date(token.expires_at))}
                    </p>
                  </div>
                  <button type="button" className="button" onClick={() => setRevoked({ id: token.id, name })}>
                    {t.revoke} <span className="hidden">{name}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        )}
        {revoked && (
          <ConfirmDialog
            title={t.revokeTitle(revoked.name)}
            action={t.revoke}
            onClose={() => setRevoked(undefined)}
            onConfirm={async () => {
              await ask(api.DELETE("/api/tokens/{id}/", { params: { path: { id: revoked.id } } }));
              await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
            }}
          >
            <p>{t.revokeAbout}</p>
          </ConfirmDialog>
        )}
      </SettingsCard>
    </>
  );
}

function NewToken() {
  const t = useTexts();
  const client = useQueryClient();
  const [isLimited, setLimited] = useState(false);
  const [chosen, setChosen] = useState<readonly (typeof scopes)[number][]>(["read"]);
  const make = useMutation({
    mutationFn: (body: { name: string; days: number }) =>
      ask(api.POST("/api/tokens/", { body: { ...body, scopes: isLimited ? [...chosen] : null } })),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  return (
    <SettingsCard title={t.newToken} about={t.newTokenAbout}>
      {make.data && (
        <div role="status" className="settings-card-head">
          <p className="notice wait">{t.tokenOnce}</p>
          <CopyText label={t.token}>{make.data.token}</CopyText>
        </div>
      )}
      <AccountForm
        button={t.makeToken}
        busy={make.isPending}
        error={make.error}
        fields={[]}
        onSend={({ name = "", days }) => make.mutate({ name, days: Number(days) })}
      >
        <Field label={t.tokenName} hint={t.tokenNameHint} name="name" maxLength={60} required />
        <Field label={t.tokenDays} name="days" type="number" min={1} max={366} defaultValue={90} required />
        <fieldset>
          <legend className="small quiet">{t.tokenMay}</legend>
          {[false, true].map((limited) => (
            <label key={String(limited)} className="settings-choice">
              <input type="radio" name="limited" checked={isLimited === limited} onChange={() => setLimited(limited)} />
              {limited ? t.someScopes : t.allScopes}
            </label>
          ))}
        </fieldset>
        {isLimited && (
          <fieldset>
            <legend className="small quiet">{t.someScopes}</legend>
            {scopes.map((scope) => (
              <label key={scope} className="settings-choice">
                <input
                  type="checkbox"
                  checked={chosen.includes(scope)}
                  onChange={({ target }) =>
                    setChosen(target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
                  }
                />
                <span>
                  {t.scope[scope].name}
                  <span className="small quiet"> {t.scope[scope].about}</span>
                </span>
              </label>
            ))}
          </fieldset>
        )}
      </AccountForm>
    </SettingsCard>
  );
}
