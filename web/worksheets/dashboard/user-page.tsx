import "./dashboard.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { PageTitle } from "../../app/page-title.tsx";
import { bundlesOf, personQuery, worksheetsOf } from "./queries.ts";
import { BundleTable, WorksheetTable } from "./tables.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/worksheets/users/$name");

/** What somebody shares with the reader. */
export function UserPage() {
  const t = useTexts();
  const { name } = route.useParams();
  const { data: person } = useSuspenseQuery(personQuery(name));
  const { data: worksheets } = useSuspenseQuery(worksheetsOf(name));
  const { data: found } = useSuspenseQuery(bundlesOf(name));
  const bundles = "bundles" in found ? found.bundles : [];
  const fullName = [person.first_name, person.last_name].filter(Boolean).join(" ");
  const about = [fullName, person.affiliation].filter(Boolean).join(", ");
  return (
    <div className="wrap sheets">
      <PageTitle>{t.of(person.user_name)}</PageTitle>
      <header className="sheets-person">
        <Link to="/worksheets/" className="small sheets-back">
          {t.title}
        </Link>
        <h1 className="sheets-title">{t.of(person.user_name)}</h1>
        <p className="small quiet">
          {about !== "" && `${about} · `}
          <Link to="/profiles/user/$name/" params={{ name: person.user_name }}>
            {t.profile}
          </Link>
        </p>
      </header>
      <section className="sheets-part">
        <h2>{t.kinds.worksheets}</h2>
        {worksheets.length === 0 ? (
          <p className="card sheets-none">{t.sharesNothing(person.user_name)}</p>
        ) : (
          <WorksheetTable worksheets={worksheets} owners={false} />
        )}
      </section>
      {bundles.length > 0 && (
        <section className="sheets-part">
          <div className="sheets-part-head">
            <h2>{t.recentOf}</h2>
            <Link to="/worksheets/" search={{ q: `owner=${person.user_name}`, kind: "bundles" }} className="small">
              {t.all}
            </Link>
          </div>
          <BundleTable bundles={bundles} owners={false} />
        </section>
      )}
    </div>
  );
}
