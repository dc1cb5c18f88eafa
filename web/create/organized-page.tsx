import "./organized-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { number, relative } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Logo } from "../competitions/logo.tsx";
import { Pager } from "../competitions/pager.tsx";
import type { Offered } from "../competitions/queries.ts";
import { useCompetitionTexts } from "../competitions/texts.ts";
import { TimeLeft } from "../competitions/time-left.tsx";
import { creationsQuery, organizedQuery, type Creation } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions");

/** What one organizes, and bundles that are on their way to become a competition. */
export function OrganizedPage() {
  const t = useTexts();
  const { page = 1 } = route.useSearch();
  const { data } = useSuspenseQuery(organizedQuery(page));
  const { data: creations } = useSuspenseQuery(creationsQuery);
  return (
    <div className="wrap organized">
      <PageTitle>{t.organized}</PageTitle>
      <div className="organized-head">
        <h1>
          {t.organized} <span className="organized-count quiet numbers">{number(data.count)}</span>
        </h1>
        <span className="organized-new">
          <Link to="/competitions/create/" className="button">
            {t.fillIn}
          </Link>
          <Link to="/competitions/upload/" className="button main">
            {t.upload}
          </Link>
        </span>
      </div>
      {creations.length > 0 && (
        <section className="organized-part">
          <h2>{t.onTheirWay}</h2>
          <ul className="card">
            {creations.map((creation) => (
              <CreationRow key={creation.id} creation={creation} />
            ))}
          </ul>
        </section>
      )}
      {data.results.length > 0 ? (
        <ul className="card organized-list">
          {data.results.map((competition) => (
            <OrganizedRow key={competition.id} competition={competition} />
          ))}
        </ul>
      ) : (
        <p className="card organized-none">{t.none}</p>
      )}
      <Pager page={page} pageSize={data.page_size} count={data.count} />
    </div>
  );
}

function CreationRow({ creation }: { creation: Creation }) {
  const t = useTexts();
  const { id, status, file_name: name, created_when: when, problems, progress } = creation;
  const failed = status === "Failed";
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const share = progress && progress.total_bytes > 0 ? progress.done_bytes / progress.total_bytes : null;
  return (
    <li className="organized-creation">
      <span className={`pill ${failed ? "bad" : "wait"}`}>
        {failed ? `${t.refused} · ${t.problems(errors)}` : t.unpacking}
        {!failed && share !== null && ` · ${number(share, { style: "percent" })}`}
      </span>
      <span className="organized-name">{name ?? t.bundle}</span>
      <span className="small quiet">{relative(when)}</span>
      <Link
        to="/competitions/upload/"
        search={{ creation: id }}
        className="button"
        aria-label={`${failed ? t.seeReport : t.seeProgress}: ${name ?? t.bundle}`}
      >
        {failed ? t.seeReport : t.seeProgress}
      </Link>
    </li>
  );
}

function OrganizedRow({ competition }: { competition: Offered }) {
  const t = useTexts();
  const words = useCompetitionTexts();
  const { id, title, participants_count: people, submissions_count: submissions, published } = competition;
  return (
    <li className="organized-row">
      <Logo id={id} url={competition.logo_icon} size={44} />
      <div className="organized-words">
        <Link to="/competitions/$id/" params={{ id: String(id) }} className="organized-title">
          {title}
        </Link>
        <p className="small quiet numbers">
          {number(people)} {words.people(people)} · {number(submissions)} {words.submissions(submissions)}
        </p>
      </div>
      <span className={published ? "pill good" : "pill"}>{published ? t.published : t.draft}</span>
      <TimeLeft competition={competition} />
    </li>
  );
}
