import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { becomes } from "../api/session.ts";
import { bytes, date, dateTime } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Icon } from "../design/icons.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { ProofDialog } from "./proof-form.tsx";
import { deletionQuery, exportsQuery } from "./queries.ts";
import { SettingsCard } from "./settings-card.tsx";
import { useTexts } from "./texts.ts";

/** Taking one's data along, and leaving. */
export function DataPage() {
  const t = useTexts();
  return (
    <>
      <PageTitle>{t.pages.data}</PageTitle>
      <Exports />
      <Deletion />
    </>
  );
}

function Exports() {
  const t = useTexts();
  const client = useQueryClient();
  const { data: exports } = useSuspenseQuery(exportsQuery);
  const begin = useMutation({
    mutationFn: () => ask(api.POST("/api/account/exports/")),
    onSettled: () => client.invalidateQueries({ queryKey: exportsQuery.queryKey }),
  });
  return (
    <SettingsCard title={t.exports} about={t.exportsAbout}>
      {begin.isError && <ErrorNotice error={begin.error} />}
      <button type="button" className="button" disabled={begin.isPending} onClick={() => begin.mutate()}>
        {t.export}
      </button>
      {exports.length > 0 && (
        <ul className="settings-list" aria-live="polite">
          {exports.map(({ id, status, details, created_when, expires_at, files }) => (
            <li key={id} className="settings-item">
              <div>
                <b>{dateTime(created_when)}</b>{" "}
                <span
                  className={`pill ${{ Finished: "good", Failed: "bad", Starting: "wait", Exporting: "wait" }[status]}`}
                >
                  {t.exportStatus[status]}
                </span>
                <p className="small quiet">{details ?? (expires_at && t.deletedOn(date(expires_at)))}</p>
              </div>
              <div className="settings-actions">
                {files.map(({ name, size, url }) => (
                  <a key={name} href={url} download={name} className="button">
                    <Icon name="download" /> {name} ({bytes(size)})
                  </a>
                ))}
              </div>
            </li>
          ))}
        </ul>
      )}
    </SettingsCard>
  );
}

function Deletion() {
  const t = useTexts();
  const client = useQueryClient();
  const { data: deletion } = useSuspenseQuery(deletionQuery);
  const [isAsking, setAsking] = useState(false);
  const changed = () => client.invalidateQueries({ queryKey: deletionQuery.queryKey });
  const takeBack = useMutation({
    mutationFn: () => ask(api.DELETE("/api/account/deletion/")),
    onSettled: changed,
  });
  const leave = useMutation({
    mutationFn: (proof: Parameters<Parameters<typeof ProofDialog>[0]["onProof"]>[0]) =>
      ask(api.POST("/api/account/deletion/", { body: proof })),
    onSuccess: async ({ erase_when }) => {
      // Where no mail confirms it, every session is over.
      if (erase_when !== null) await becomes(client, null);
      else await changed();
    },
  });
  return (
    <SettingsCard title={t.deletion} about={t.deletionAbout}>
      {leave.data && (
        <p role="status" className="notice wait">
          {leave.data.detail}
        </p>
      )}
      {takeBack.isError && <ErrorNotice error={takeBack.error} />}
      {deletion.asked_when ? (
        <>
          {!leave.data && <p className="notice wait">{t.asked(dateTime(deletion.asked_when))}</p>}
          <button
            type="button"
            className="button"
            disabled={takeBack.isPending}
            onClick={() => {
              leave.reset();
              takeBack.mutate();
            }}
          >
            {t.takeBack}
          </button>
        </>
      ) : deletion.obstacles.length > 0 ? (
        <>
          <p>{t.obstacles}</p>
          <ul className="settings-list">
            {deletion.obstacles.map(({ kind, id, name, detail }) => (
              <li key={`${kind} ${id}`} className="settings-item">
                <div>
                  <b>{name}</b>
                  <p className="small quiet">{detail}</p>
                </div>
                {kind !== "platform" && (
                  <Link to="/account/hand-overs/" search={{ kind, id: String(id) }} className="button">
                    {t.handOver} <span className="hidden">{name}</span>
                  </Link>
                )}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <button type="button" className="button danger" onClick={() => setAsking(true)}>
          {t.deleteAccount}
        </button>
      )}
      {isAsking && (
        <ProofDialog
          title={t.deleteTitle}
          button={t.deleteAccount}
          isDangerous
          onClose={() => setAsking(false)}
          onProof={(proof) => leave.mutateAsync(proof)}
        >
          <p>{t.deletionAbout}</p>
        </ProofDialog>
      )}
    </SettingsCard>
  );
}
