import "./exports-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { useSession } from "../../api/session.ts";
import { bytes, dateTime, relative } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import type { Competition } from "../../competitions/queries.ts";
import { AskDialog } from "../ask-dialog.tsx";
import { apiHref, because, filesQuery } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** What organizers take away: tables, the bundle, and the competition as a new bundle. */
export function ExportsPage() {
  const t = useTexts();
  const competition = useCompetition();
  return (
    <>
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      <h2>{t.title}</h2>
      <Tables competition={competition} />
      <Dumps id={competition.id} />
      <Bundle id={competition.id} />
    </>
  );
}

function Tables({ competition: { id, phases, leaderboards } }: { competition: Competition }) {
  const t = useTexts();
  const results = `/api/competitions/${id}/results/`;
  const files: [string, string, string][] = [
    ...(leaderboards.length === 0
      ? []
      : [
          ...phases.map(({ id: phase, name }): [string, string, string] => [
            t.board(name),
            t.csv,
            apiHref(results, { format: "csv", phase }),
          ]),
          [t.boards, t.zip, apiHref(results, { format: "zip" })] satisfies [string, string, string],
        ]),
    [t.submissions, t.csv, apiHref("/api/submissions/", { phase__competition: id, format: "csv" })],
    [t.participants, t.csv, apiHref("/api/participants/", { competition: id, format: "csv" })],
    [t.audit, t.csv, apiHref(`/api/competitions/${id}/audit/`, { format: "csv" })],
  ];
  return (
    <section className="card" aria-labelledby="export-tables">
      <h3 id="export-tables" className="export-title">
        {t.tables}
      </h3>
      <ul className="org-lines export-lines">
        {files.map(([what, as, href]) => (
          <li key={href}>
            <span className="org-line-text">{what}</span>
            <a className="button" href={href} download aria-label={t.downloadAs(what, as)}>
              {as}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Bundle({ id }: { id: number }) {
  const t = useTexts();
  const { bundle } = useSuspenseQuery(filesQuery(id)).data;
  return (
    <section className="card org-card" aria-labelledby="bundle">
      <div className="org-card-head">
        <h3 id="bundle">{t.bundle}</h3>
        {bundle && (
          <a className="button" href={bundle.url} download>
            {t.download}
          </a>
        )}
      </div>
      <p className="small quiet">{bundle?.name ?? t.noBundle}</p>
    </section>
  );
}

function Dumps({ id }: { id: number }) {
  const t = useTexts();
  const { user } = useSession();
  const { dumps, unfinished_dumps: unfinished } = useSuspenseQuery(filesQuery(id)).data;
  const [isCreating, setCreating] = useState(false);
  const [removed, setRemoved] = useState<number>();
  const dump = dumps.find((one) => one.id === removed);
  return (
    <section className="card" aria-labelledby="dumps">
      <div className="export-title org-card-head">
        <h3 id="dumps">{t.dumps}</h3>
        <button type="button" className="button" onClick={() => setCreating(true)}>
          {t.create}
        </button>
      </div>
      <p className="small quiet export-about">{t.dumpsAbout}</p>
      <ul className="org-lines export-lines" aria-live="polite">
        {unfinished.map((one) => (
          <li key={`${one.created_when} ${one.keys_instead_of_files}`}>
            <span className={`pill ${one.status === "Failed" ? "bad" : "accent"}`}>{t.status[one.status]}</span>
            <span className="org-line-text small quiet">{one.details ?? t.begun(relative(one.created_when))}</span>
          </li>
        ))}
        {dumps.map((one) => (
          <li key={one.id}>
            <span className="org-line-text">
              {one.name}
              <span className="export-facts small quiet numbers">
                {[one.file_size !== null && bytes(one.file_size), t.by(one.created_by, dateTime(one.created_when))]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            <a className="button" href={one.url} download aria-label={`${t.download}: ${one.name}`}>
              {t.download}
            </a>
            {(one.created_by === user?.username || user?.is_superuser) && (
              <button
                type="button"
                className="button danger"
                aria-label={t.removeLabel(one.name)}
                onClick={() => setRemoved(one.id)}
              >
                {t.remove}
              </button>
            )}
          </li>
        ))}
        {dumps.length + unfinished.length === 0 && <li className="quiet">{t.noDumps}</li>}
      </ul>
      {isCreating && <CreateDialog id={id} onClose={() => setCreating(false)} />}
      {dump && (
        <AskDialog
          title={t.removeTitle}
          button={t.removeButton}
          isDanger
          act={(reason) =>
            ask(api.DELETE("/api/datasets/{id}/", { params: { path: { id: dump.id } }, ...because(reason) }))
          }
          onClose={() => setRemoved(undefined)}
        >
          <p>{dump.name}</p>
        </AskDialog>
      )}
    </section>
  );
}

function CreateDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const t = useTexts();
  const [keys, setKeys] = useState(false);
  return (
    <AskDialog
      title={t.createTitle}
      button={t.createButton}
      act={() =>
        ask(
          api.POST("/api/competitions/{id}/create_dump/", {
            params: { path: { id } },
            body: { keys_instead_of_files: keys },
          }),
        )
      }
      onClose={onClose}
    >
      <fieldset className="export-choice">
        <legend className="small quiet">{t.what}</legend>
        {[false, true].map((isKeys) => (
          <label key={String(isKeys)}>
            <input type="radio" name="what" checked={keys === isKeys} onChange={() => setKeys(isKeys)} />
            {isKeys ? t.keys : t.files}
          </label>
        ))}
      </fieldset>
    </AskDialog>
  );
}
