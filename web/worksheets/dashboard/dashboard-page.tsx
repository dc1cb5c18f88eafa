import "./dashboard.css";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../../api/session.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Account } from "./account.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { lists } from "./queries.ts";
import { Results, SearchLine } from "./search.tsx";
import { BundleTable, WorksheetTable } from "./tables.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/worksheets");

/** Worksheets: the reader's own with what they run, what everybody shares, or what a search finds. */
export function DashboardPage() {
  const t = useTexts();
  const { user } = useSession();
  const address = route.useSearch();
  const [isCreating, create] = useState(false);
  return (
    <div className="wrap sheets">
      <PageTitle>{t.title}</PageTitle>
      <header className="sheets-head">
        <h1 className="sheets-title">{t.title}</h1>
        {user && (
          <div className="sheets-buttons">
            <Link to="/worksheets/groups/" className="button">
              {t.groups}
            </Link>
            <button type="button" className="button main" onClick={() => create(true)}>
              {t.create}
            </button>
          </div>
        )}
      </header>
      <SearchLine address={address} />
      {address.q !== undefined ? <Results address={address} /> : user ? <Own /> : <Everybody />}
      {isCreating && <CreateDialog onClose={() => create(false)} />}
    </div>
  );
}

function Own() {
  const t = useTexts();
  const { data: worksheets } = useSuspenseQuery(lists.worksheets);
  const { data: shared } = useSuspenseQuery(lists.shared);
  return (
    <div className="sheets-parts">
      <div className="sheets-main">
        <Working />
        <section className="sheets-part">
          <div className="sheets-part-head">
            <h2>{t.mine}</h2>
            {worksheets.length > 0 && (
              <Link to="/worksheets/" search={{ q: ".mine" }} className="small">
                {t.allOwn}
              </Link>
            )}
          </div>
          {worksheets.length === 0 ? (
            <p className="card sheets-none">{t.noneYet}</p>
          ) : (
            <WorksheetTable worksheets={worksheets} owners={false} />
          )}
        </section>
        {shared.length > 0 && (
          <section className="sheets-part">
            <h2>{t.shared}</h2>
            <WorksheetTable worksheets={shared} owners />
          </section>
        )}
        <Recent />
      </div>
      <Account />
    </div>
  );
}

/** What is worked on now. It comes and goes with what happens, so it is not waited for. */
function Working() {
  const t = useTexts();
  const { data } = useQuery(lists.working);
  if (!data || !("bundles" in data) || data.bundles.length === 0) return null;
  return (
    <section className="sheets-part">
      <h2>{t.working}</h2>
      <BundleTable bundles={data.bundles} owners={false} />
    </section>
  );
}

function Recent() {
  const t = useTexts();
  const { data } = useSuspenseQuery(lists.recent);
  if (!("bundles" in data) || data.bundles.length === 0) return null;
  return (
    <section className="sheets-part">
      <div className="sheets-part-head">
        <h2>{t.recent}</h2>
        <Link to="/worksheets/" search={{ q: ".mine", kind: "bundles" }} className="small">
          {t.allMine}
        </Link>
      </div>
      <BundleTable bundles={data.bundles} owners={false} />
    </section>
  );
}

/** What whoever is not logged in may read. */
function Everybody() {
  const t = useTexts();
  const { data: worksheets } = useSuspenseQuery(lists.publicWorksheets);
  const { data: found } = useSuspenseQuery(lists.publicBundles);
  const bundles = "bundles" in found ? found.bundles : [];
  return (
    <div className="sheets-main">
      <p className="sheets-intro">
        {t.intro}{" "}
        <Link to="/accounts/login/" search={{ next: "/worksheets/" }}>
          {t.logIn}
        </Link>
      </p>
      <section className="sheets-part">
        <h2>{t.public}</h2>
        {worksheets.length === 0 ? (
          <p className="card sheets-none">{t.nonePublic}</p>
        ) : (
          <WorksheetTable worksheets={worksheets} owners />
        )}
      </section>
      {bundles.length > 0 && (
        <section className="sheets-part">
          <h2>{t.publicBundles}</h2>
          <BundleTable bundles={bundles} owners />
        </section>
      )}
    </div>
  );
}
