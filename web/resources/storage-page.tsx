import "../design/record-table.css";
import "./resources.css";
import "./storage-page.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { bytes, date, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Pager } from "../competitions/pager.tsx";
import { CleanUpDialog } from "./clean-up-dialog.tsx";
import { cleanups, filesQuery, pageSize, storageQuery, type Cleanup, type Storage } from "./queries.ts";
import { useStorageTexts } from "./storage-texts.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/storage");

/** From this part of the quota on, people are told. */
const nearlyFull = 0.9;

/** What the reader stores, and what of it can go. */
export function StoragePage() {
  const t = useStorageTexts();
  const common = useTexts();
  const { data: storage } = useSuspenseQuery(storageQuery);
  const { used_bytes: used, quota_bytes: quota } = storage;
  return (
    <div className="wrap resource">
      <PageTitle>{common.storage}</PageTitle>
      <header className="resource-head">
        <Link to="/datasets/" className="small resource-back">
          {common.datasets}
        </Link>
        <h1 className="resource-name">{common.storage}</h1>
      </header>
      {used > quota ? (
        <p className="notice bad">{t.overQuota(bytes(used - quota))}</p>
      ) : (
        used > quota * nearlyFull && <p className="notice wait">{t.nearQuota(bytes(quota - used))}</p>
      )}
      <Used storage={storage} />
      <CleanUps storage={storage} />
      <Files />
    </div>
  );
}

/** A bar of the quota with a part for each kind, and what the parts are. */
function Used({ storage: { used_bytes: used, quota_bytes: quota, kinds } }: { storage: Storage }) {
  const t = useStorageTexts();
  const stored = kinds.filter((kind) => kind.bytes > 0);
  const all = Math.max(used, quota, 1);
  const label = t.usedOf(bytes(used), bytes(quota), number(quota > 0 ? used / quota : 1, { style: "percent" }));
  const starts = stored.map((_, at) => stored.slice(0, at).reduce((sum, kind) => sum + kind.bytes, 0));
  return (
    <section className="card resource-section" aria-label={t.quota}>
      <p className="storage-used">{label}</p>
      <svg className="storage-bar" role="img" aria-label={label} width="100%" height="14">
        <rect className="storage-ground" width="100%" height="14" />
        {stored.map(({ kind, bytes: size }, at) => (
          <rect
            key={kind}
            className={`storage-part storage-${kind}`}
            x={`${(starts[at]! / all) * 100}%`}
            width={`${(size / all) * 100}%`}
            height="14"
          />
        ))}
      </svg>
      {stored.length === 0 ? (
        <p className="quiet">{t.storesNothing}</p>
      ) : (
        <ul className="storage-kinds">
          {stored.map(({ kind, files, bytes: size }) => (
            <li key={kind}>
              <svg className="storage-key" aria-hidden="true" width="10" height="10">
                <rect className={`storage-${kind}`} width="10" height="10" rx="3" />
              </svg>
              <span>
                {t.kinds[kind]} <strong className="numbers">{bytes(size)}</strong>
                <span className="small quiet"> {t.fileCount(files, number(files))}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What nothing uses. Each list is shown before anything is deleted. */
function CleanUps({ storage }: { storage: Storage }) {
  const t = useStorageTexts();
  const client = useQueryClient();
  const [open, setOpen] = useState<Cleanup | null>(null);
  const found = cleanups.flatMap((what) => {
    const cleanup = storage.cleanups[what];
    return cleanup && cleanup.count > 0 ? [{ what, ...cleanup }] : [];
  });
  return (
    <section className="resource-part">
      <h2>{t.cleanUp}</h2>
      {found.length === 0 ? (
        <p className="card resource-section quiet">{t.nothingToClean}</p>
      ) : (
        <ul className="card resource-files">
          {found.map(({ what, count, bytes: size }) => (
            <li key={what} className="storage-cleanup">
              <span>
                <strong>{t.cleanups[what]}</strong>
                <span className="small quiet numbers"> {t.thingsOf(count, number(count), bytes(size))}</span>
              </span>
              <button
                type="button"
                className="button"
                aria-label={`${t.look}: ${t.cleanups[what]}`}
                onClick={() => setOpen(what)}
              >
                {t.look}
              </button>
            </li>
          ))}
        </ul>
      )}
      {open && (
        <CleanUpDialog
          what={open}
          onCleaned={async () => {
            await client.invalidateQueries({ queryKey: ["storage"] });
            await client.invalidateQueries({ queryKey: ["datasets"] });
            await client.invalidateQueries({ queryKey: ["tasks"] });
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </section>
  );
}

function Files() {
  const t = useStorageTexts();
  const common = useTexts();
  const { page = 1 } = route.useSearch();
  const { data } = useSuspenseQuery(filesQuery(page));
  if (data.count === 0) return null;
  return (
    <section className="resource-part">
      <h2>{t.largest}</h2>
      <div className="card">
        <table className="record-table">
          <thead>
            <tr>
              <th scope="col">{common.name}</th>
              <th scope="col" className="wide">
                {t.kind}
              </th>
              <th scope="col" className="number">
                {common.size}
              </th>
              <th scope="col" className="wide tight">
                {common.added}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.results.map(({ kind, id, name, bytes: size, created_when }) => (
              <tr key={`${kind}-${id}`}>
                <th scope="row">
                  {kind === "output" ? (
                    name
                  ) : (
                    <Link to="/datasets/$id/" params={{ id: String(id) }}>
                      {name}
                    </Link>
                  )}
                  <p className="small quiet narrow">{t.kinds[kind]}</p>
                </th>
                <td className="wide">{t.kinds[kind]}</td>
                <td className="number">{bytes(size)}</td>
                <td className="wide tight">{date(created_when)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager page={page} pageSize={pageSize} count={data.count} />
    </section>
  );
}
