import "./detailed-results-page.css";
import "./path.css";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { PageTitle } from "../app/page-title.tsx";
import { competitionQuery } from "../competitions/queries.ts";
import { detailedResultQuery, isOverAsFarAsSeen, submissionQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";
import { useVersion } from "./use-version.ts";

const from = "/competitions/$id/detailed_results/$submission";
const route = getRouteApi(from);

/** The page with which a scoring program explains its scores, in a frame that has no access to this one. */
export function DetailedResultsPage() {
  const t = useTexts();
  const { submissionId: id, competitionId } = route.useRouteContext();
  const { secret_key: secretKey } = route.useSearch();
  const { data: competition } = useSuspenseQuery(competitionQuery(competitionId, secretKey));
  // Not everybody who sees the page sees the submission.
  const { data: submission } = useQuery({ ...submissionQuery(id), retry: false });
  const isLive = !isOverAsFarAsSeen(submission);
  const { data: url } = useQuery({ ...detailedResultQuery(id, !isLive), ...(isLive && { refetchInterval: 5000 }) });
  const version = useVersion(url, isLive);
  const search = ({ secret_key }: { secret_key?: string | undefined }) => ({ secret_key });
  const params = { id: String(competition.id), submission: String(id) };
  return (
    <div className="detailed">
      <PageTitle>{`${t.detailed.of(id)} · ${competition.title}`}</PageTitle>
      <div className="wrap detailed-head">
        <nav aria-label={t.path} className="submission-path small">
          <Link from={from} to="/competitions/$id/" params={params} search={search}>
            {competition.title}
          </Link>
          {submission && (
            <Link from={from} to="/competitions/$id/submissions/$submission/" params={params} search={search}>
              {t.detailed.back(id)}
            </Link>
          )}
        </nav>
        <h1>{t.detailed.title}</h1>
        {url !== undefined && (
          <a href={url} target="_blank" rel="noopener noreferrer" className="button">
            {t.detailed.alone}
          </a>
        )}
      </div>
      {isLive && (
        <p className="wrap small quiet" role="status">
          {url === undefined ? t.detailed.waiting : t.detailed.live}
        </p>
      )}
      {url !== undefined && (
        <iframe key={version} className="detailed-frame" title={t.detailed.of(id)} src={url} sandbox="allow-scripts" />
      )}
    </div>
  );
}
