import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { clock, lasting, number, relative } from "../app/format.ts";
import type { Competition, Phase } from "../competitions/queries.ts";
import { Bar } from "../competitions/time-left.tsx";
import { CopyText } from "../design/copy-text.tsx";
import { ownScores } from "../my-submissions/own-scores.ts";
import { ownSubmissionsQuery, submissionPath } from "../my-submissions/queries.ts";
import { StatusPill } from "../my-submissions/status-pill.tsx";
import type { BeforeSubmitting } from "./queries.ts";
import { useTexts } from "./texts.ts";

interface CardProps {
  competition: Competition;
  phase: Phase;
  before: BeforeSubmitting;
}

/** What somebody wants to know beside the form. */
export function SideCards(props: CardProps) {
  return (
    <div className="submit-side">
      <Left before={props.before} />
      <Where {...props} />
      <Last competition={props.competition} />
      <Shell phase={props.phase} />
    </div>
  );
}

function Left({ before }: { before: BeforeSubmitting }) {
  const { yours: t } = useTexts();
  const {
    allowed_submissions_per_day: perDay,
    allowed_submissions_per_person: inAll,
    left_today: leftToday,
    left,
    resets_when: reset,
  } = before;
  return (
    <section className="card side-card">
      <h3>{t.title}</h3>
      {perDay === null && inAll === null && <p className="small quiet">{t.unlimited}</p>}
      {perDay !== null && leftToday !== null && (
        <>
          <Share name={t.today} left={leftToday} all={perDay} />
          {reset !== null && <p className="small quiet">{t.reset(clock(reset), relative(reset))}</p>}
        </>
      )}
      {inAll !== null && left !== null && <Share name={t.inPhase} left={left} all={inAll} />}
    </section>
  );
}

function Share({ name, left, all }: { name: string; left: number; all: number }) {
  const { yours: t } = useTexts();
  return (
    <div className="side-share">
      <p className="side-fact small numbers">
        <span>{name}</span>
        <b>{t.of(number(left), number(all))}</b>
      </p>
      <Bar share={all > 0 ? left / all : 0} />
    </div>
  );
}

function Where({ competition, before }: CardProps) {
  const { runs: t } = useTexts();
  const machines = [...new Map(before.machines.map((machine) => [machine.profile, machine])).values()];
  const machine = machines
    .map(({ profile, vcpus, memory_mib: memory, gpus }) =>
      vcpus === null || memory === null
        ? profile
        : [
            t.vcpus(number(vcpus)),
            number(memory / 1024, { style: "unit", unit: "gigabyte", maximumFractionDigits: 1 }),
            ...(gpus ? [t.gpus(number(gpus))] : []),
          ].join(", "),
    )
    .join("; ");
  const facts: [string, string][] = [
    [t.queue, competition.queue?.name ?? t.defaultQueue],
    [t.ahead, number(before.waiting_now)],
    [t.wait, before.usual_wait_seconds === null ? t.noWait : lasting(before.usual_wait_seconds * 1000)],
    [t.machine, before.runs_on === "platform" ? machine : t.owner],
    [t.limit, t.step(lasting(before.time_limit_seconds * 1000))],
  ];
  return (
    <section className="card side-card">
      <h3>{t.title}</h3>
      <dl className="side-facts small numbers">
        {facts
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name} className="side-fact">
              <dt className="quiet">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

function Last({ competition }: { competition: Competition }) {
  const { last: t } = useTexts();
  const { user } = useSession();
  const { data } = useSuspenseQuery(ownSubmissionsQuery(user!.username, { competition: competition.id, size: 3 }));
  if (data.results.length === 0) return null;
  return (
    <section className="card side-card">
      <h3>{t.title}</h3>
      <ul className="side-last small numbers">
        {data.results.map((submission) => {
          const [score, ...others] = ownScores(competition, submission);
          return (
            <li key={submission.id} className="side-fact">
              <a href={submissionPath(submission)}>#{submission.id}</a>
              {submission.status === "Finished" && score && others.length === 0 ? (
                <span className="pill good">{score.score}</span>
              ) : (
                <StatusPill submission={submission} />
              )}
            </li>
          );
        })}
      </ul>
      <Link to="/competitions/$id/submissions/" params={{ id: String(competition.id) }} className="small">
        {t.all}
      </Link>
    </section>
  );
}

function Shell({ phase }: { phase: Phase }) {
  const { shell: t } = useTexts();
  return (
    <section className="card side-card">
      <h3>{t.title}</h3>
      <CopyText label={t.title}>{`npx benchstack submit ${phase.id} submission.zip`}</CopyText>
    </section>
  );
}
