import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { makePasskey } from "../api/passkey.ts";
import { useSession } from "../api/session.ts";
import { date, relative } from "../app/format.ts";
import { Field } from "../design/field.tsx";
import { ProofDialog } from "./proof-form.tsx";
import { factorQuery, passkeysQuery } from "./queries.ts";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

export function PasskeysCard() {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { data: passkeys } = useSuspenseQuery(passkeysQuery);
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<{ id: string; name: string }>();
  const [codes, setCodes] = useState<string[]>([]);
  const [name, setName] = useState("");
  const changed = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: passkeysQuery.queryKey }),
      client.invalidateQueries({ queryKey: factorQuery.queryKey }),
    ]);
  return (
    <SettingsCard title={t.passkeys} about={t.passkeysAbout}>
      {codes.length > 0 && <RecoveryCodes codes={codes} name={user?.username ?? ""} />}
      {passkeys.length > 0 && (
        <ul className="settings-list">
          {passkeys.map(({ id, name, created_when, last_used }) => (
            <li key={id} className="settings-item">
              <div>
                <b>{name}</b>
                <p className="small quiet">
                  {t.made(date(created_when))} · {last_used ? t.lastUsed(relative(last_used)) : t.neverUsed}
                </p>
              </div>
              <button type="button" className="button" onClick={() => setRemoved({ id, name })}>
                {t.remove} <span className="hidden">{name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <button type="button" className="button" onClick={() => setAdding(true)}>
        {t.addPasskey}
      </button>
      {isAdding && (
        <ProofDialog
          title={t.addPasskey}
          button={t.goOn}
          onClose={() => setAdding(false)}
          onProof={async (proof) => {
            const options = await ask(api.POST("/api/account/passkeys/options/", { body: proof }));
            const passkey = await makePasskey(options);
            const made = await ask(api.POST("/api/account/passkeys/", { body: { name, passkey } }));
            setCodes(made.recovery_codes);
            setName("");
            await changed();
          }}
        >
          <p>{t.addPasskeyAbout}</p>
          <Field
            label={t.passkeyName}
            hint={t.passkeyNameHint}
            value={name}
            onChange={({ target }) => setName(target.value)}
            maxLength={60}
            required
          />
        </ProofDialog>
      )}
      {removed && (
        <ProofDialog
          title={t.removePasskey(removed.name)}
          button={t.remove}
          isDangerous
          onClose={() => setRemoved(undefined)}
          onProof={async (proof) => {
            await ask(api.DELETE("/api/account/passkeys/{id}/", { params: { path: { id: removed.id } }, body: proof }));
            await changed();
          }}
        >
          <p>{t.removePasskeyAbout}</p>
        </ProofDialog>
      )}
    </SettingsCard>
  );
}
