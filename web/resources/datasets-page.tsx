import "../design/record-table.css";
import "./resources.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { bytes, date, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { SearchFilter, SelectFilter } from "../design/filters.tsx";
import { Pager } from "../competitions/pager.tsx";
import { DatasetSegments } from "./dataset-segments.tsx";
import { DeleteManyDialog } from "./delete-many-dialog.tsx";
import { datasetsQuery, madeTypes, pageSize, types, type Dataset, type DatasetsAddress } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { UploadDialog } from "./upload-dialog.tsx";

const route = getRouteApi("/datasets");
const to = "/datasets/";

/** The reader's own data and programs. */
export function DatasetsPage() {
  const t = useTexts();
  const address = route.useSearch();
  const { data } = useSuspenseQuery(datasetsQuery(address));
  const [uploading, setUploading] = useState(false);
  const allTypes = [...types, ...madeTypes];
  return (
    <div className="wrap resources">
      <PageTitle>{t.datasets}</PageTitle>
      <div className="resources-head">
        <h1 className="resources-title">
          {t.datasets} <span className="resources-count quiet numbers">{number(data.count)}</span>
        </h1>
        <div className="resources-buttons">
          <Link to="/storage/" className="button">
            {t.storage}
          </Link>
          <button type="button" className="button main" onClick={() => setUploading(true)}>
            {t.upload}
          </button>
        </div>
      </div>
      <div className="resources-tools">
        <DatasetSegments chosen="own" />
        <SearchFilter label={t.findDataset} value={address.q} />
        <SelectFilter
          name="type"
          label={t.type}
          all={t.allTypes}
          value={address.type}
          choices={allTypes.map((type) => [type, t.types[type]])}
        />
      </div>
      {data.results.length > 0 ? (
        // Another page has other rows to choose.
        <Rows key={JSON.stringify(address)} datasets={data.results} address={address} />
      ) : (
        <div className="card resources-none">
          {address.q === undefined && address.type === undefined ? (
            <>
              <h2>{t.noDatasets}</h2>
              <p className="quiet">{t.noDatasetsAbout}</p>
            </>
          ) : (
            <p>
              {t.noMatch}{" "}
              <Link to={to} search={{}}>
                {t.clear}
              </Link>
            </p>
          )}
        </div>
      )}
      <Pager page={address.page ?? 1} pageSize={pageSize} count={data.count} />
      {uploading && <UploadDialog onClose={() => setUploading(false)} />}
    </div>
  );
}

function Rows({ datasets, address }: { datasets: Dataset[]; address: DatasetsAddress }) {
  const t = useTexts();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const choose = (id: number, on: boolean) =>
    setChosen((before) => new Set([...before].filter((other) => other !== id).concat(on ? [id] : [])));
  const selected = datasets.filter(({ id }) => chosen.has(id));
  return (
    <>
      {selected.length > 0 && (
        <p className="resources-selected">
          <span role="status">{t.selected(selected.length)}</span>
          <button type="button" className="button danger" onClick={() => setDeleting(true)}>
            {t.deleteSelected}
          </button>
        </p>
      )}
      <div className="card">
        <table className="record-table">
          <thead>
            <tr>
              <td className="tight">
                <input
                  type="checkbox"
                  aria-label={t.selectAll}
                  checked={selected.length === datasets.length}
                  onChange={({ target }) => setChosen(new Set(target.checked ? datasets.map(({ id }) => id) : []))}
                />
              </td>
              <SortHeader address={address} field="name" label={t.name} />
              <SortHeader address={address} field="type" label={t.type} className="wide" />
              <SortHeader address={address} field="file_size" label={t.size} className="number" />
              <th scope="col" className="wide">
                {t.usedBy}
              </th>
              <th scope="col" className="wide tight">
                {t.added}
              </th>
            </tr>
          </thead>
          <tbody>
            {datasets.map((dataset) => (
              <Row
                key={dataset.id}
                dataset={dataset}
                chosen={chosen.has(dataset.id)}
                onChoose={(on) => choose(dataset.id, on)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {deleting && (
        <DeleteManyDialog
          title={t.deleteDatasetsTitle(selected.length)}
          names={selected.map(({ name }) => name)}
          ids={selected.map(({ id }) => id)}
          path="/api/datasets/delete_many/"
          onDeleted={async () => {
            setChosen(new Set());
            await client.invalidateQueries({ queryKey: ["datasets"] });
            await client.invalidateQueries({ queryKey: ["storage"] });
          }}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}

function Row({ dataset, chosen, onChoose }: { dataset: Dataset; chosen: boolean; onChoose: (on: boolean) => void }) {
  const t = useTexts();
  const { id, name, type, is_public, file_size, file_name, in_use, created_when } = dataset;
  return (
    <tr>
      <td className="tight">
        <input
          type="checkbox"
          aria-label={t.select(name)}
          checked={chosen}
          onChange={({ target }) => onChoose(target.checked)}
        />
      </td>
      <th scope="row">
        <Link to="/datasets/$id/" params={{ id: String(id) }} className="record-name">
          {name}
        </Link>
        {is_public && (
          <span className="resources-marks">
            <span className="pill accent">{t.public}</span>
          </span>
        )}
        <p className="small quiet wide">{file_name}</p>
        <p className="small quiet narrow">{t.types[type]}</p>
      </th>
      <td className="wide">{t.types[type]}</td>
      <td className="number">{file_size === null ? "–" : bytes(file_size)}</td>
      <td className="wide">
        {in_use.length === 0
          ? "–"
          : in_use.slice(0, 3).map(({ pk, title }) => (
              <p key={pk}>
                <Link to="/competitions/$id/" params={{ id: String(pk) }}>
                  {title}
                </Link>
              </p>
            ))}
        {in_use.length > 3 && <p className="quiet">{t.more(in_use.length - 3)}</p>}
      </td>
      <td className="wide tight">{date(created_when)}</td>
    </tr>
  );
}

/** Sorts by a column, then in the other direction, then as before. */
function SortHeader(props: {
  address: DatasetsAddress;
  field: "name" | "type" | "file_size";
  label: string;
  className?: string;
}) {
  const { address, field, label, className } = props;
  const up = address.sort === field;
  const down = address.sort === `-${field}`;
  const next = up ? (`-${field}` as const) : down ? undefined : field;
  return (
    <th scope="col" className={className} aria-sort={up ? "ascending" : down ? "descending" : undefined}>
      <Link to={to} search={{ ...address, page: undefined, sort: next }} className="resources-sort">
        {label}
        <span aria-hidden="true">{up ? " ↑" : down ? " ↓" : ""}</span>
      </Link>
    </th>
  );
}
