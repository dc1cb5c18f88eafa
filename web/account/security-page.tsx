import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { useConfig } from "../api/session.ts";
import { date } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { AppCard } from "./app-card.tsx";
import { PasskeysCard } from "./passkeys-card.tsx";
import { identitiesQuery } from "./queries.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

/** What is asked for beside the password, or in its place. */
export function SecurityPage() {
  const t = useTexts();
  const { passkeys, identity_providers: providers } = useConfig();
  return (
    <>
      <PageTitle>{t.pages.security}</PageTitle>
      {passkeys && <PasskeysCard />}
      <AppCard />
      {providers.length > 0 && <IdentitiesCard />}
    </>
  );
}

function IdentitiesCard() {
  const t = useTexts();
  const client = useQueryClient();
  const { identity_providers: providers } = useConfig();
  const { data: identities } = useSuspenseQuery(identitiesQuery);
  const [removed, setRemoved] = useState<string>();
  const labelOf = (id: string) => providers.find((provider) => provider.id === id)?.label ?? id;
  return (
    <SettingsCard title={t.identities} about={t.identitiesAbout}>
      {identities.length === 0 && <p className="quiet">{t.noIdentities}</p>}
      {identities.length > 0 && (
        <ul className="settings-list">
          {identities.map(({ provider, last_used }) => (
            <li key={provider} className="settings-item">
              <div>
                <b>{labelOf(provider)}</b>
                <p className="small quiet">{t.lastUsed(date(last_used))}</p>
              </div>
              <button type="button" className="button" onClick={() => setRemoved(provider)}>
                {t.remove} <span className="hidden">{labelOf(provider)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {removed !== undefined && (
        <ConfirmDialog
          title={t.removeIdentity(labelOf(removed))}
          action={t.remove}
          onClose={() => setRemoved(undefined)}
          onConfirm={async () => {
            await ask(api.DELETE("/api/account/identities/{provider}/", { params: { path: { provider: removed } } }));
            await client.invalidateQueries({ queryKey: identitiesQuery.queryKey });
          }}
        >
          <p>{t.removeIdentityAbout}</p>
        </ConfirmDialog>
      )}
    </SettingsCard>
  );
}
