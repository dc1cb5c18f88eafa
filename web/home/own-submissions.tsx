import "./own-submissions.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { relative } from "../app/format.ts";
import { submissionPath } from "../my-submissions/queries.ts";
import { StatusPill } from "../my-submissions/status-pill.tsx";
import { ownLatestQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The reader's latest submissions. Those that failed say why. */
export function OwnSubmissions({ owner }: { owner: string }) {
  const t = useTexts();
  const { data } = useSuspenseQuery(ownLatestQuery(owner));
  if (data.results.length === 0) return null;
  return (
    <section className="own">
      <div className="wrap">
        <h2>{t.yours}</h2>
        <ul className="card rows own-rows">
          {data.results.map((submission) => {
            const { id, status, status_details: why, competition, competition_title: title } = submission;
            return (
              <li key={id} className="own-row">
                <span className="own-status">
                  <StatusPill submission={submission} asks />
                </span>
                <span className="own-words">
                  <a href={submissionPath(submission)} className="own-file">
                    #{id} {submission.filename}
                  </a>
                  {status === "Failed" && why && <span className="own-why small quiet">{why}</span>}
                </span>
                <Link
                  to="/competitions/$id/submissions/"
                  params={{ id: String(competition) }}
                  className="own-place small quiet"
                >
                  {t.yoursIn(title, submission.phase_name)}
                </Link>
                <span className="own-time small quiet">{relative(submission.created_when)}</span>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
