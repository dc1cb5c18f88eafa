import "./resources.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { bytes, date, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { CopyText } from "../design/copy-text.tsx";
import { Markdown } from "../markup/markdown.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { EditDatasetDialog } from "./edit-dataset-dialog.tsx";
import { datasetQuery, type OneDataset } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/datasets/$id");

/** One dataset: what it is, and its file. Public ones need no login. */
export function DatasetPage() {
  const t = useTexts();
  const { id } = route.useParams();
  const { data: dataset } = useSuspenseQuery(datasetQuery(id));
  const { permissions, is_public, is_verified, name } = dataset;
  return (
    <div className="wrap resource">
      <PageTitle>{name}</PageTitle>
      <header className="resource-head">
        <Link to={is_public ? "/datasets/public/" : "/datasets/"} className="small resource-back">
          {is_public ? t.publicDatasets : t.datasets}
        </Link>
        <div className="resource-row">
          <h1 className="resource-name">{name}</h1>
          {is_public && <span className="pill accent">{t.public}</span>}
          {is_verified && <span className="pill good">{t.isVerified}</span>}
          <div className="resource-actions">
            {permissions.edit && <Actions dataset={dataset} />}
            {permissions.download && (
              <a href={`/datasets/download/id/${dataset.id}/`} className="button main" download>
                {t.download}
              </a>
            )}
          </div>
        </div>
      </header>
      <div className="resource-body">
        <div className="resource-part">
          <section className="card resource-section" aria-label={t.description}>
            {dataset.description === null || dataset.description.trim() === "" ? (
              <p className="quiet">{t.noDescription}</p>
            ) : (
              <Markdown source={dataset.description} />
            )}
          </section>
          {dataset.sha256 !== null && (
            <section className="resource-part">
              <h2>{t.checksum}</h2>
              <CopyText label={t.checksum}>{dataset.sha256}</CopyText>
            </section>
          )}
          <UsedBy dataset={dataset} />
        </div>
        <Facts dataset={dataset} />
      </div>
    </div>
  );
}

function Facts({ dataset }: { dataset: OneDataset }) {
  const t = useTexts();
  const facts: [string, string][] = [
    [t.type, t.types[dataset.type]],
    [t.file, dataset.file_name],
    [t.size, dataset.file_size === null ? "–" : bytes(dataset.file_size)],
    [t.license, dataset.license ?? t.noLicense],
    [t.by, dataset.owner_display_name],
    [t.added, date(dataset.created_when)],
    ...(dataset.is_public ? ([[t.downloaded, number(dataset.downloads)]] satisfies [string, string][]) : []),
  ];
  return (
    <dl className="card resource-facts">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {dataset.is_public && (
        <div>
          <dt>{t.metadata}</dt>
          <dd>
            <a href={`/api/datasets/${dataset.id}/croissant/`}>Croissant (JSON-LD)</a>
          </dd>
        </div>
      )}
    </dl>
  );
}

function UsedBy({ dataset: { in_use } }: { dataset: OneDataset }) {
  const t = useTexts();
  if (in_use.length === 0) return null;
  return (
    <section className="resource-part">
      <h2>{t.usedBy}</h2>
      <ul className="card resource-files">
        {in_use.map(({ pk, title }) => (
          <li key={pk}>
            <Link to="/competitions/$id/" params={{ id: String(pk) }}>
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What its owner does with it. Administrators also verify public ones. */
function Actions({ dataset }: { dataset: OneDataset }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const path = { id: dataset.id };
  const verify = useMutation({
    mutationFn: async () => {
      await ask(api.PATCH("/api/datasets/{id}/", { params: { path }, body: { is_verified: !dataset.is_verified } }));
      await client.invalidateQueries({ queryKey: ["dataset"] });
      await client.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen("edit")}>
        {t.edit}
      </button>
      {dataset.permissions.verify && dataset.is_public && (
        <button type="button" className="button" disabled={verify.isPending} onClick={() => verify.mutate()}>
          {dataset.is_verified ? t.unverify : t.verify}
        </button>
      )}
      <button type="button" className="button danger" onClick={() => setOpen("delete")}>
        {t.delete}
      </button>
      {verify.isError && <ErrorNotice error={verify.error} />}
      {open === "edit" && <EditDatasetDialog dataset={dataset} onClose={() => setOpen(null)} />}
      {open === "delete" && (
        <ConfirmDialog
          title={t.deleteTitle(dataset.name)}
          action={t.delete}
          onConfirm={async () => {
            await ask(api.DELETE("/api/datasets/{id}/", { params: { path } }));
            await navigate({ to: "/datasets/" });
            client.removeQueries({ queryKey: ["dataset"] });
            await client.invalidateQueries({ queryKey: ["datasets"] });
          }}
          onClose={() => setOpen(null)}
        >
          <p>{t.deleteForGood}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
