import "./organize.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { SideNav } from "../design/side-nav.tsx";
import { todayQuery } from "./queries.ts";
import { useOrganizeTexts } from "./texts.ts";

const pages = ["today", "submissions", "participants", "phases", "spend", "exports", "audit"] as const;

/** What every page for organizers has beside it: the others, with what waits there. */
export function OrganizeLayout() {
  const t = useOrganizeTexts();
  const competition = useCompetition();
  const { data: today } = useSuspenseQuery(todayQuery(competition.id));
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const counts: Partial<Record<(typeof pages)[number], string>> = {
    ...(competition.submissions_count > 0 && { submissions: number(competition.submissions_count) }),
    ...(today.pending_participants > 0 && { participants: t.waiting(number(today.pending_participants)) }),
  };
  return (
    <div className="org">
      <SideNav label={t.label} current={path}>
        {pages.map((page) => (
          <Link
            key={page}
            to={`/competitions/$id/organize/${page}/`}
            params={{ id: String(competition.id) }}
            className="side-nav-link"
            activeOptions={{ includeSearch: false }}
          >
            {t.nav[page]} {counts[page] && <span className="numbers">{counts[page]}</span>}
          </Link>
        ))}
        {competition.permissions["edit"] && (
          <Link to="/competitions/edit/$id/" params={{ id: String(competition.id) }} className="side-nav-link">
            {t.edit}
          </Link>
        )}
      </SideNav>
      <section className="org-page">
        <Outlet />
      </section>
    </div>
  );
}
