import "./competition-layout.css";
import { Link, Outlet, useMatch } from "@tanstack/react-router";
import { number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Icon } from "../../design/icons.tsx";
import { Logo } from "../logo.tsx";
import { PublishNotice } from "../../create/publish-notice.tsx";
import { awaitsPublication, type Competition } from "../queries.ts";
import { useCompetitionTexts } from "../texts.ts";
import { MainAction } from "./main-action.tsx";
import { tabs } from "./tabs.ts";
import { useTexts } from "./texts.ts";
import { Timeline } from "./timeline.tsx";
import { useCompetition } from "./use-competition.ts";

/** What every page of a competition has above it: what it is, when, what to do next, and the other pages. */
export function CompetitionLayout() {
  const competition = useCompetition();
  const isOverview = useMatch({ from: "/competitions/$id/", shouldThrow: false }) !== undefined;
  // To somebody whose request waits, the platform says little more than the title.
  const isShown = competition.phases.length > 0;
  return (
    <>
      {/* The other pages name themselves. */}
      {(isOverview || !isShown) && <PageTitle>{competition.title}</PageTitle>}
      {awaitsPublication(competition) && <PublishNotice id={competition.id} />}
      <div className="competition-head" data-folded={!isOverview}>
        <div className="wrap">
          <div className="competition-top">
            <Logo id={competition.id} url={competition.logo ?? null} size={76} />
            <div className="competition-words">
              <h1>{competition.title}</h1>
              {competition.description && <p className="competition-about">{competition.description}</p>}
              {isShown && <Facts competition={competition} />}
            </div>
            <MainAction competition={competition} />
          </div>
          {isShown && <Timeline phases={competition.phases} />}
          {isShown && <Tabs competition={competition} />}
        </div>
      </div>
      {isShown && (
        <div className="wrap competition-body">
          <Outlet />
        </div>
      )}
    </>
  );
}

function Facts({ competition }: { competition: Competition }) {
  const t = useCompetitionTexts();
  const own = useTexts();
  const { participants_count: people, submissions_count: submissions } = competition;
  return (
    <p className="competition-facts small quiet numbers">
      <span>
        {t.by}{" "}
        <Link to="/profiles/user/$name/" params={{ name: competition.created_by }}>
          {competition.owner_display_name || competition.created_by}
        </Link>
      </span>
      <span>
        <b>{number(people)}</b> {t.people(people)}
      </span>
      <span>
        <b>{number(submissions)}</b> {t.submissions(submissions)}
      </span>
      <span className="pill">{t.type[competition.competition_type]}</span>
      {!competition.published && (
        <span className="pill">
          <Icon name="lock" /> {own.private}
        </span>
      )}
      {competition.reward && <span className="pill accent">{competition.reward}</span>}
    </p>
  );
}

function Tabs({ competition }: { competition: Competition }) {
  const t = useTexts();
  return (
    <nav aria-label={t.tabs.label} className="tabs">
      {tabs
        .filter(({ shown }) => shown?.(competition) ?? true)
        .map(({ text, link }) => (
          <Link
            key={text}
            {...link}
            params={{ id: String(competition.id) }}
            className="tab"
            activeOptions={{ exact: text === "overview", includeSearch: false }}
          >
            {t.tabs[text]}
          </Link>
        ))}
    </nav>
  );
}
