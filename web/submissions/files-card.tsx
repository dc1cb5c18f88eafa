import { Link } from "@tanstack/react-router";
import type { Competition } from "../competitions/queries.ts";
import { containers } from "./log/log-book.ts";
import { here, type Details, type Run, type Submission } from "./queries.ts";
import { isFinal } from "./status.ts";
import { useTexts } from "./texts.ts";

/** What may be downloaded, and why something may not. */
export function FilesCard(props: {
  competition: Competition;
  submission: Submission;
  run: Run;
  details: Details | undefined;
}) {
  const { competition, submission, run, details } = props;
  const t = useTexts();
  const { permissions } = submission;
  const phase = competition.phases.find(({ id }) => id === submission.phase);
  const hasPage =
    competition.enable_detailed_results &&
    competition.show_detailed_results_in_submission_panel &&
    permissions.detailed_result &&
    (details ? details.detailed_result !== null : run.status === "Finished");
  const links = details
    ? [
        { name: t.files.submission, url: permissions.download ? details.data_file : null },
        { name: t.files.prediction, url: details.prediction_result },
        { name: t.files.scoring, url: details.scoring_result },
        ...containers.flatMap((container) =>
          (["out", "err"] as const).map((end) => ({
            name: `${t.log.names[container]}, ${t.files.log[end]}`,
            url: details.logs.find(({ name }) => name === `${container}_std${end}`)?.data_file ?? null,
          })),
        ),
      ].filter((link): link is { name: string; url: string } => link.url !== null)
    : [];
  const isHidden = phase?.hide_output === true && !permissions.details;
  const isPartlyHidden = permissions.details && !(permissions.prediction && permissions.scoring);
  const note = submission.is_soft_deleted
    ? t.files.deleted
    : isHidden
      ? t.files.hidden
      : isPartlyHidden
        ? t.files.partlyHidden
        : links.length === 0 && !hasPage && permissions.details && isFinal(run.status)
          ? t.files.none
          : null;
  if (note === null && links.length === 0 && !hasPage) return null;
  return (
    <section className="card submission-card" aria-labelledby="files-title">
      <h2 id="files-title">{t.files.title}</h2>
      {note !== null && <p className="small quiet">{note}</p>}
      <ul className="submission-files">
        {hasPage && (
          <li>
            <Link
              from={here.from}
              to="/competitions/$id/detailed_results/$submission/"
              params={{ id: String(competition.id), submission: String(run.id) }}
              search={({ secret_key }) => ({ secret_key })}
            >
              {t.files.details}
            </Link>
          </li>
        )}
        {links.map(({ name, url }) => (
          <li key={name}>
            <a href={url} download>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
