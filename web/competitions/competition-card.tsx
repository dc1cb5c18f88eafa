import "./competition-card.css";
import { Link } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import { Logo } from "./logo.tsx";
import type { Offered } from "./queries.ts";
import { useCompetitionTexts } from "./texts.ts";
import { TimeLeft } from "./time-left.tsx";

/** A competition beside others. */
export function CompetitionCard({ competition }: { competition: Offered }) {
  const t = useCompetitionTexts();
  const { id, title, description, participants_count: people, submissions_count: submissions, reward } = competition;
  return (
    <li className="card competition-card">
      <div className="competition-card-head">
        <Logo id={id} url={competition.logo_icon} size={44} />
        <div>
          <h3>
            <Link to="/competitions/$id/" params={{ id: String(id) }} className="competition-card-title">
              {title}
            </Link>
          </h3>
          <p className="small quiet numbers">
            {number(people)} {t.people(people)}
          </p>
        </div>
      </div>
      <p className="competition-card-about small quiet">{description}</p>
      <div className="competition-card-foot">
        <TimeLeft competition={competition} />
        {reward ? (
          <span className="pill accent">{reward}</span>
        ) : (
          <span className="small quiet numbers">
            {number(submissions)} {t.submissions(submissions)}
          </span>
        )}
      </div>
    </li>
  );
}
