import "./submit-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useCompetition } from "../competitions/page/use-competition.ts";
import type { Competition, Phase } from "../competitions/queries.ts";
import { Segments } from "../design/segments.tsx";
import { Blocked, NotTakingPart } from "./blocked.tsx";
import { beforeQuery, canSubmitQuery, phaseToSubmitTo } from "./queries.ts";
import { SideCards } from "./side-cards.tsx";
import { SubmitForm } from "./submit-form.tsx";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/submit");

/** Submits to a phase, or says why that is not possible and when it is. */
export function SubmitPage() {
  const t = useTexts();
  const competition = useCompetition();
  const { phase: wanted } = route.useSearch();
  const phase = phaseToSubmitTo(competition, wanted);
  const { user } = useSession();
  const takesPart = user !== null && competition.participant_status === "approved";
  return (
    <>
      <PageTitle>{`${t.title} · ${competition.title}`}</PageTitle>
      {takesPart && phase ? (
        <div className="submit">
          <ToPhase key={phase.id} competition={competition} phase={phase} />
        </div>
      ) : (
        <NotTakingPart competition={competition} phase={phase} />
      )}
    </>
  );
}

function ToPhase({ competition, phase }: { competition: Competition; phase: Phase }) {
  const t = useTexts();
  const { secret_key } = route.useSearch();
  const { data: before } = useSuspenseQuery(beforeQuery(phase.id, secret_key));
  const { data: answer } = useSuspenseQuery(canSubmitQuery(phase.id));
  return (
    <>
      <section className="card submit-card">
        <Phases competition={competition} phase={phase} />
        <h2>{t.to(phase.name)}</h2>
        {!answer.can ? (
          <Blocked competition={competition} phase={phase} before={before} answer={answer} />
        ) : before.queue_accepts_jobs ? (
          <SubmitForm competition={competition} phase={phase} before={before} />
        ) : (
          <p className="notice wait">{t.runs.stopped}</p>
        )}
      </section>
      <SideCards competition={competition} phase={phase} before={before} />
    </>
  );
}

/** The phases that are open, if there are several. */
function Phases({ competition, phase: chosen }: { competition: Competition; phase: Phase }) {
  const t = useTexts();
  const open = competition.phases.filter(({ status }) => status === "Current");
  if (open.length < 2) return null;
  return (
    <Segments label={t.phases}>
      {open.map(({ id, name }) => (
        <Link
          key={id}
          from="/competitions/$id/submit"
          to="/competitions/$id/submit/"
          search={({ secret_key }) => ({ secret_key, phase: String(id) })}
          aria-current={id === chosen.id ? "true" : undefined}
          activeProps={{ "aria-current": id === chosen.id ? "true" : undefined }}
        >
          {name}
        </Link>
      ))}
    </Segments>
  );
}
