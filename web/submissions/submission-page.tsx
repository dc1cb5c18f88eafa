import "./submission-page.css";
import "./path.css";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { dateTime, relative } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { competitionQuery, type Competition } from "../competitions/queries.ts";
import { Segments } from "../design/segments.tsx";
import { Actions } from "./actions.tsx";
import { FactSheetCard } from "./fact-sheet-card.tsx";
import { Failure } from "./failure.tsx";
import { FilesCard } from "./files-card.tsx";
import { LogView } from "./log/log-view.tsx";
import { containers, type Container } from "./log/log-book.ts";
import { chosenRun, detailsQuery, here, runsOf, submissionQuery, type Run, type Submission } from "./queries.ts";
import { RunCard } from "./run-card.tsx";
import { ScoresCard } from "./scores-card.tsx";
import { StageBar } from "./stage-bar.tsx";
import { isFinal, toneOf, useStatusTexts } from "./status.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/submissions/$submission");

/** A submission: how far it is, what it prints, how good it is. */
export function SubmissionPage() {
  const t = useTexts();
  const { submissionId, competitionId } = route.useRouteContext();
  const address = route.useSearch();
  const { data: submission } = useSuspenseQuery(submissionQuery(submissionId));
  const { data: competition } = useSuspenseQuery(competitionQuery(competitionId, address.secret_key));
  const run = chosenRun(submission, address.run);
  return (
    <div className="wrap submission">
      <PageTitle>{`${t.title(submission.id)} · ${competition.title}`}</PageTitle>
      <Path competition={competition} submission={submission} />
      <Head competition={competition} submission={submission} />
      {submission.status === "Failed" && <Failure submission={submission} />}
      {submission.status === "Cancelled" && <p className="notice">{submission.status_details || t.cancelled}</p>}
      <Tasks submission={submission} chosen={run} />
      {run && <StageBar key={run.id} submission={submission} run={run} />}
      {submission.warning_details.length > 0 && <Warnings submission={submission} />}
      <div className="submission-parts">
        <ScoresCard competition={competition} submission={submission} />
        {run && <Log key={`log ${run.id}`} competition={competition} submission={submission} run={run} />}
        <div className="submission-facts">
          {run && <Facts submission={submission} run={run} competition={competition} />}
          <FactSheetCard competition={competition} submission={submission} />
        </div>
      </div>
    </div>
  );
}

function Path({ competition, submission }: { competition: Competition; submission: Submission }) {
  const t = useTexts();
  const isOwn = useSession().user?.username === submission.owner;
  const params = { id: String(competition.id) };
  const search = ({ secret_key }: { secret_key?: string | undefined }) => ({ secret_key });
  return (
    <nav aria-label={t.path} className="submission-path small">
      <Link from={here.from} to="/competitions/$id/" params={params} search={search}>
        {competition.title}
      </Link>
      {isOwn ? (
        <Link from={here.from} to="/competitions/$id/submissions/" params={params} search={search}>
          {t.mine}
        </Link>
      ) : (
        competition.leaderboards.length > 0 && (
          <Link from={here.from} to="/competitions/$id/leaderboard/" params={params} search={search}>
            {t.leaderboard}
          </Link>
        )
      )}
      {submission.parent !== null && (
        <Link {...here} params={{ ...params, submission: String(submission.parent) }} search={search}>
          {t.partOf(submission.parent)}
        </Link>
      )}
    </nav>
  );
}

/** The colour that a status has everywhere. */
function Head({ competition, submission }: { competition: Competition; submission: Submission }) {
  const t = useTexts();
  const statuses = useStatusTexts();
  const { id, status, filename, phase_name: phase, created_when: created } = submission;
  return (
    <header className="submission-head">
      <h1>{t.title(id)}</h1>
      <span role="status" className={`pill ${toneOf(status)}`}>
        {statuses[status]}
      </span>
      <p className="small quiet submission-what">
        {filename} · {phase} ·{" "}
        <time dateTime={created} title={dateTime(created)}>
          {relative(created)}
        </time>
        {submission.is_public && ` · ${t.public}`}
        {submission.is_specific_task_re_run && ` · ${t.rerun}`}
        {submission.kept_off_leaderboard && ` · ${t.keptOff}`}
      </p>
      <Actions competition={competition} submission={submission} />
    </header>
  );
}

/** The tasks of a submission to several, each with a run of its own. */
function Tasks({ submission, chosen }: { submission: Submission; chosen: Run | undefined }) {
  const t = useTexts();
  const statuses = useStatusTexts();
  const runs = runsOf(submission);
  if (runs.length < 2) return null;
  return (
    <Segments label={t.tasks}>
      {runs.map(({ id, task, status }, at) => (
        <Link
          key={id}
          {...here}
          search={(before) => ({ ...before, run: String(id), log: undefined })}
          resetScroll={false}
          replace
          aria-current={id === chosen?.id ? "true" : undefined}
          activeProps={{ "aria-current": id === chosen?.id ? "true" : undefined }}
        >
          {task?.name ?? t.task(at + 1)}
          {status !== "Finished" && ` · ${statuses[status]}`}
        </Link>
      ))}
    </Segments>
  );
}

function Warnings({ submission }: { submission: Submission }) {
  const t = useTexts();
  return (
    <section className="notice wait" aria-label={t.warnings}>
      <ul className="submission-warnings">
        {submission.warning_details.map(({ code, message, step }) => (
          <li key={`${code} ${step} ${message}`}>{message}</li>
        ))}
      </ul>
    </section>
  );
}

function Log({ competition, submission, run }: { competition: Competition; submission: Submission; run: Run }) {
  const t = useTexts();
  const { log } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: details } = useQuery({ ...detailsQuery(run.id, run.status), enabled: submission.permissions.details });
  if (!submission.permissions.logs) {
    const isHidden = competition.phases.find(({ id }) => id === submission.phase)?.hide_output === true;
    return <p className="card submission-log submission-none quiet">{isHidden ? t.log.hidden : t.log.notYours}</p>;
  }
  const { failure } = submission;
  const failed =
    failure?.submission === run.id && failure.container !== null && failure.step !== null
      ? (`${failure.step}${failure.container === "ingestion" ? "_ingestion" : ""}` as Container)
      : null;
  return (
    <div className="submission-log">
      <LogView
        id={run.id}
        isOver={isFinal(run.status)}
        isDeleted={submission.is_soft_deleted || submission.filename === "Deleted File"}
        failed={failed}
        known={containers.filter((one) => details?.logs.some(({ name }) => name.startsWith(`${one}_std`)))}
        chosen={log}
        onChoose={(container) =>
          void navigate({
            search: (before) => ({ ...before, log: container }),
            replace: true,
            resetScroll: false,
          })
        }
      />
    </div>
  );
}

function Facts({ competition, submission, run }: { competition: Competition; submission: Submission; run: Run }) {
  const { data: details } = useQuery({ ...detailsQuery(run.id, run.status), enabled: submission.permissions.details });
  return (
    <>
      <RunCard submission={submission} run={run} details={details} />
      <FilesCard competition={competition} submission={submission} run={run} details={details} />
    </>
  );
}
