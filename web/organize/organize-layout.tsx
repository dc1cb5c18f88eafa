import "./organize.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { number } from "../app/format.ts";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { todayQuery } from "./queries.ts";
import { useOrganizeTexts } from "./texts.ts";

const pages = ["today", "submissions", "participants", "phases", "spend", "exports", "audit"] as const;

/** What every page for organizers has beside it: the others, with what waits there. */
export function OrganizeLayout() {
  const t = useOrganizeTexts();
  const competition = useCompetition();
  const { data: today } = useSuspenseQuery(todayQuery(competition.id));
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    // On phones the row of pages scrolls. The one that is shown is in its middle.
    const current = nav.current?.querySelector<HTMLElement>('[aria-current="page"]');
    if (nav.current && current)
      nav.current.scrollLeft = current.offsetLeft - (nav.current.clientWidth - current.offsetWidth) / 2;
  }, [path]);
  const counts: Partial<Record<(typeof pages)[number], string>> = {
    ...(competition.submissions_count > 0 && { submissions: number(competition.submissions_count) }),
    ...(today.pending_participants > 0 && { participants: t.waiting(number(today.pending_participants)) }),
  };
  return (
    <div className="org">
      <nav ref={nav} aria-label={t.label} className="org-nav">
        {pages.map((page) => (
          <Link
            key={page}
            to={`/competitions/$id/organize/${page}/`}
            params={{ id: String(competition.id) }}
            className="org-nav-link"
            activeOptions={{ includeSearch: false }}
          >
            {t.nav[page]} {counts[page] && <span className="numbers">{counts[page]}</span>}
          </Link>
        ))}
        {competition.permissions["edit"] && (
          <Link to="/competitions/edit/$id/" params={{ id: String(competition.id) }} className="org-nav-link">
            {t.edit}
          </Link>
        )}
      </nav>
      <section className="org-page">
        <Outlet />
      </section>
    </div>
  );
}
