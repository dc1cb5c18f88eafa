import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AccountForm } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { CopyText } from "../design/copy-text.tsx";
import { Field } from "../design/field.tsx";
import { ProofDialog } from "./proof-form.tsx";
import { QrCode } from "./qr-code.tsx";
import { factorQuery } from "./queries.ts";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

/** An app with codes, as a second factor. */
export function AppCard() {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { data: factor } = useSuspenseQuery(factorQuery);
  const [asked, setAsked] = useState<"on" | "off">();
  const [begun, setBegun] = useState<{ secret: string; uri: string }>();
  const turnOn = useMutation({
    mutationFn: (code: string) => ask(api.PUT("/api/account/second-factor/", { body: { code } })),
    onSuccess: async () => {
      setBegun(undefined);
      await client.invalidateQueries({ queryKey: factorQuery.queryKey });
    },
  });
  return (
    <SettingsCard title={t.app} about={t.appAbout}>
      <p>
        <span className={`pill ${factor.has_app ? "good" : ""}`}>{factor.has_app ? t.isOn : t.isOff}</span>
        {factor.is_on && <span className="small quiet"> {t.codesLeft(factor.recovery_codes_left)}</span>}
      </p>
      {turnOn.data && <RecoveryCodes codes={turnOn.data.recovery_codes} name={user?.username ?? ""} />}
      {begun ? (
        <>
          <p>{t.appSecret}</p>
          <div className="settings-secret">
            <QrCode label={t.qrCode}>{begun.uri}</QrCode>
            <div className="settings-secret-words">
              <p className="small quiet">{t.appSecretByHand}</p>
              <CopyText label={t.secret}>{begun.secret}</CopyText>
              <a className="button" href={begun.uri}>
                {t.openApp}
              </a>
            </div>
          </div>
          <AccountForm
            button={t.turnOn}
            busy={turnOn.isPending}
            error={turnOn.error}
            fields={[]}
            onSend={({ code = "" }) => turnOn.mutate(code)}
          >
            <Field label={t.code} name="code" inputMode="numeric" autoComplete="one-time-code" required autoFocus />
          </AccountForm>
        </>
      ) : (
        <button type="button" className="button" onClick={() => setAsked(factor.has_app ? "off" : "on")}>
          {factor.has_app ? t.turnOff : t.setUp}
        </button>
      )}
      {asked === "on" && (
        <ProofDialog
          title={t.app}
          button={t.goOn}
          onClose={() => setAsked(undefined)}
          onProof={async (proof) => setBegun(await ask(api.POST("/api/account/second-factor/", { body: proof })))}
        />
      )}
      {asked === "off" && (
        <ProofDialog
          title={t.turnOffTitle}
          button={t.turnOff}
          isDangerous
          onClose={() => setAsked(undefined)}
          onProof={async (proof) => {
            await ask(api.DELETE("/api/account/second-factor/", { body: proof }));
            await client.invalidateQueries({ queryKey: factorQuery.queryKey });
          }}
        >
          <p>{t.turnOffAbout}</p>
        </ProofDialog>
      )}
    </SettingsCard>
  );
}
