import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { dateTime, number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import { todayQuery } from "../queries.ts";
import { OwnCompetition } from "./own-competition.tsx";
import { useTexts } from "./texts.ts";

/** What waits for the organizers, and what they do with the competition as a whole. */
export function TodayPage() {
  const t = useTexts();
  const competition = useCompetition();
  const { data: today } = useSuspenseQuery(todayQuery(competition.id));
  const params = { id: String(competition.id) };
  const next = competition.phases.find(
    ({ status, auto_migrate_to_this_phase }) => status === "Next" && auto_migrate_to_this_phase,
  );
  const { pending_participants: people, to_start: toStart, failed_last_day: failed, quarantined } = today;
  const isQuiet = people + toStart + failed + quarantined === 0 && !next;
  return (
    <>
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      <h2 className="hidden">{t.title}</h2>
      {isQuiet ? (
        <div className="card org-empty">
          <h3>{t.nothing}</h3>
          <p>{t.nothingMore}</p>
        </div>
      ) : (
        <ul className="card org-lines">
          {people > 0 && (
            <Line tone="wait" count={people} words={t.people(people)}>
              <Link
                to="/competitions/$id/organize/participants/"
                params={params}
                search={{ status: "pending" }}
                className="button main"
              >
                {t.decide}
              </Link>
            </Line>
          )}
          {toStart > 0 && (
            <Line tone="wait" count={toStart} words={t.toStart(toStart)}>
              <Link
                to="/competitions/$id/organize/submissions/"
                params={params}
                search={{ status: "Submitting" }}
                className="button"
              >
                {t.show}
              </Link>
            </Line>
          )}
          {failed > 0 && (
            <Line tone="bad" count={failed} words={t.failed(failed)}>
              <Link
                to="/competitions/$id/organize/submissions/"
                params={params}
                search={{ status: "Failed" }}
                className="button"
              >
                {t.show}
              </Link>
            </Line>
          )}
          {quarantined > 0 && <Line tone="bad" count={quarantined} words={t.quarantined(quarantined)} />}
          {next && (
            <li>
              <span className="org-line-text">{t.begins(next.name, dateTime(next.start))}</span>
              <Link to="/competitions/$id/organize/phases/" params={params} className="button">
                {t.preview}
              </Link>
            </li>
          )}
        </ul>
      )}
      <dl className="card org-card org-facts numbers">
        {(
          [
            [t.running, today.running],
            [t.waiting, today.waiting],
            [t.lastDay, today.submitted_last_day],
          ] as const
        ).map(([name, count]) => (
          <div key={name}>
            <dt className="small quiet">{name}</dt>
            <dd>{number(count)}</dd>
          </div>
        ))}
      </dl>
      <OwnCompetition competition={competition} />
    </>
  );
}

function Line(props: { tone: "wait" | "bad"; count: number; words: string; children?: ReactNode }) {
  return (
    <li>
      <span className={`pill numbers ${props.tone}`}>{number(props.count)}</span>
      <span className="org-line-text">{props.words}</span>
      {props.children}
    </li>
  );
}
