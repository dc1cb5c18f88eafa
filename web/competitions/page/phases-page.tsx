import "./phases-page.css";
import { dateTime, number, timeZone } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Markdown } from "../../markup/markdown.tsx";
import type { Phase } from "../queries.ts";
import { useTexts } from "./texts.ts";
import { useCompetition } from "./use-competition.ts";

/** Each phase with its times and limits. */
export function PhasesPage() {
  const t = useTexts();
  const { phases, title } = useCompetition();
  return (
    <section className="phase-list">
      <PageTitle>{`${t.phases} · ${title}`}</PageTitle>
      <h2>{t.phases}</h2>
      <p className="small quiet">{t.zone(timeZone())}</p>
      {phases.map((phase) => (
        <PhaseCard key={phase.id} phase={phase} />
      ))}
    </section>
  );
}

function PhaseCard({ phase }: { phase: Phase }) {
  const t = useTexts();
  const limits = [
    phase.max_submissions_per_day !== null && t.perDay(phase.max_submissions_per_day),
    phase.max_submissions_per_person !== null && t.inAll(phase.max_submissions_per_person),
  ].filter((limit) => limit !== false);
  const facts: [string, string][] = [
    [t.start, dateTime(phase.start)],
    [t.end, phase.end === null ? t.withoutEnd : dateTime(phase.end)],
    [t.limits, limits.join(", ") || t.unlimited],
    [t.time, t.seconds(phase.execution_time_limit)],
    [t.tasks, phase.tasks.map(({ name }) => name).join(", ") || number(0)],
  ];
  return (
    <article className="card phase-card">
      <h3>
        {phase.name} <span className={`pill ${phase.status === "Current" ? "good" : ""}`}>{t.phase[phase.status]}</span>
      </h3>
      {phase.description && <Markdown source={phase.description} />}
      {phase.blind && <p className="notice">{t.blind}</p>}
      <dl className="phase-facts numbers">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="small quiet">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}
