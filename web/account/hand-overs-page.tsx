import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { AccountForm, messageOf } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { relative } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { handOversQuery, type HandedKind } from "./queries.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/settings/account/hand-overs");

/** What others want to hand over to the reader, and the reader to others. */
export function HandOversPage() {
  const t = useTexts();
  const client = useQueryClient();
  const { user } = useSession();
  const { data: offers } = useSuspenseQuery(handOversQuery);
  const { kind, id } = route.useSearch();
  const [accepted, setAccepted] = useState<(typeof offers)[number]>();
  const changed = () => client.invalidateQueries({ queryKey: handOversQuery.queryKey });
  const drop = useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/api/account/hand-overs/{id}/", { params: { path: { id } } })),
    onSettled: changed,
  });
  return (
    <>
      <PageTitle>{t.pages.handOvers}</PageTitle>
      {kind && id !== undefined && <Offer kind={kind} id={id} />}
      <SettingsCard title={t.pages.handOvers} about={t.handOversAbout}>
        {drop.isError && <ErrorNotice error={drop.error} />}
        {offers.length === 0 && <p className="quiet">{t.noHandOvers}</p>}
        {offers.length > 0 && (
          <ul className="settings-list">
            {offers.map((offer) => {
              const isMine = offer.to === user?.username;
              return (
                <li key={offer.id} className="settings-item">
                  <div>
                    <b>{offer.name}</b> <span className="pill">{t.kind[offer.kind]}</span>
                    <p className="small quiet">
                      {isMine ? t.offeredBy(offer.from) : t.offeredTo(offer.to)} ·{" "}
                      {t.endsIn(relative(offer.expires_at))}
                    </p>
                  </div>
                  <div className="settings-actions">
                    {isMine && (
                      <button type="button" className="button main" onClick={() => setAccepted(offer)}>
                        {t.accept} <span className="hidden">{offer.name}</span>
                      </button>
                    )}
                    <button
                      type="button"
                      className="button"
                      disabled={drop.isPending}
                      onClick={() => drop.mutate(offer.id)}
                    >
                      {isMine ? t.decline : t.withdraw} <span className="hidden">{offer.name}</span>
                    </button>
                  </div>
                </li>
              );
            })}
          </ul>
        )}
      </SettingsCard>
      {accepted && (
        <ConfirmDialog
          title={t.acceptTitle(accepted.name)}
          action={t.accept}
          isSafe
          onClose={() => setAccepted(undefined)}
          onConfirm={async () => {
            await ask(api.POST("/api/account/hand-overs/{id}/accept/", { params: { path: { id: accepted.id } } }));
            await changed();
          }}
        >
          <p>{t.acceptAbout(accepted.from)}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Offers what the address names. */
function Offer({ kind, id }: { kind: HandedKind; id: string }) {
  const t = useTexts();
  const client = useQueryClient();
  const offer = useMutation({
    mutationFn: (to: string) => ask(api.POST("/api/account/hand-overs/", { body: { kind, id, to } })),
    onSuccess: () => client.invalidateQueries({ queryKey: handOversQuery.queryKey }),
  });
  return (
    <SettingsCard title={t.handOverTitle[kind]} about={t.handOverAbout}>
      {offer.data ? (
        <>
          <p role="status" className="notice good">
            {t.offered(offer.variables)}
          </p>
          <p>
            <Link to="/account/hand-overs/" search={{}} className="button">
              {t.goOn}
            </Link>
          </p>
        </>
      ) : (
        <AccountForm
          button={t.offer}
          busy={offer.isPending}
          error={offer.error}
          fields={["to"]}
          onSend={({ to = "" }) => offer.mutate(to)}
        >
          <Field label={t.newOwner} hint={t.newOwnerHint} error={messageOf(offer.error, "to")} name="to" required />
        </AccountForm>
      )}
    </SettingsCard>
  );
}
