import "./competition-row.css";
import { Link } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import { Logo } from "./logo.tsx";
import type { Offered } from "./queries.ts";
import { useCompetitionTexts } from "./texts.ts";
import { TimeLeft } from "./time-left.tsx";

/** Competitions below each other. */
export function CompetitionRows({ competitions }: { competitions: Offered[] }) {
  return (
    <ul className="card rows">
      {competitions.map((competition) => (
        <CompetitionRow key={competition.id} competition={competition} />
      ))}
    </ul>
  );
}

function CompetitionRow({ competition }: { competition: Offered }) {
  const t = useCompetitionTexts();
  const { id, title, description, participants_count: people, submissions_count: submissions, reward } = competition;
  return (
    <li className="row">
      <Logo id={id} url={competition.logo_icon} size={48} />
      <div className="row-words">
        <Link to="/competitions/$id/" params={{ id: String(id) }} className="row-title">
          {title}
        </Link>
        <p className="row-about small quiet">{description}</p>
      </div>
      <TimeLeft competition={competition} />
      <Count value={people} word={t.people(people)} />
      <Count value={submissions} word={t.submissions(submissions)} />
      <span className="row-reward">{reward && <span className="pill accent">{reward}</span>}</span>
    </li>
  );
}

function Count({ value, word }: { value: number; word: string }) {
  return (
    <span className="row-count small quiet numbers">
      <b>{number(value)}</b> {word}
    </span>
  );
}
