import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { dateTime, number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { useCompetition } from "../../competitions/page/use-competition.ts";
import type { Phase } from "../../competitions/queries.ts";
import { AskDialog } from "../ask-dialog.tsx";
import { because } from "../queries.ts";
import { Grants } from "./grants.tsx";
import { MigrateDialog } from "./migrate-dialog.tsx";
import { useTexts } from "./texts.ts";

/** What organizers do with each phase. */
export function PhasesPage() {
  const t = useTexts();
  const { title, phases } = useCompetition();
  return (
    <>
      <PageTitle>{`${t.title} · ${title}`}</PageTitle>
      <h2>{t.title}</h2>
      {phases.map((phase, at) => (
        <PhaseCard key={phase.id} phase={phase} next={phases[at + 1]} />
      ))}
    </>
  );
}

function PhaseCard({ phase, next }: { phase: Phase; next: Phase | undefined }) {
  const t = useTexts();
  const [asked, setAsked] = useState<"blind" | "rerun" | "migrate">();
  const [done, setDone] = useState<string>();
  const close = () => setAsked(undefined);
  const shown = (count: number | null) => (count === null ? null : number(count));
  return (
    <section className="card org-card" aria-labelledby={`phase-${phase.id}`}>
      <div className="org-card-head">
        <h3 id={`phase-${phase.id}`}>
          {phase.name}{" "}
          <span className={`pill ${phase.status === "Current" ? "good" : ""}`}>{t.phase[phase.status]}</span>{" "}
          {phase.blind && <span className="pill wait">{t.isBlind}</span>}
        </h3>
        <div className="org-actions">
          <button type="button" className="button" onClick={() => setAsked("blind")}>
            {phase.blind ? t.unblind : t.blind}
          </button>
          <button type="button" className="button" onClick={() => setAsked("rerun")}>
            {t.rerun}
          </button>
          {next && (
            <button type="button" className="button" onClick={() => setAsked("migrate")}>
              {t.migrate}
            </button>
          )}
        </div>
      </div>
      <p className="small quiet numbers">
        {t.from(dateTime(phase.start), phase.end && dateTime(phase.end))} ·{" "}
        {t.limits(shown(phase.max_submissions_per_day), shown(phase.max_submissions_per_person))}
      </p>
      <div role="status">{done !== undefined && <p className="notice good">{done}</p>}</div>
      <Grants phase={phase} />
      {asked === "blind" && <BlindDialog phase={phase} onClose={close} />}
      {asked === "rerun" && <RerunDialog phase={phase} onDone={setDone} onClose={close} />}
      {asked === "migrate" && next && <MigrateDialog phase={phase} next={next} onDone={setDone} onClose={close} />}
    </section>
  );
}

function BlindDialog({ phase, onClose }: { phase: Phase; onClose: () => void }) {
  const t = useTexts();
  const { id, name, blind } = phase;
  return (
    <AskDialog
      title={blind ? t.unblindTitle(name) : t.blindTitle(name)}
      button={blind ? t.unblindButton : t.blindButton}
      isDanger={blind}
      asksReason
      act={(reason) =>
        ask(
          api.PUT("/api/phases/{id}/blind/", { params: { path: { id } }, body: { blind: !blind }, ...because(reason) }),
        )
      }
      onClose={onClose}
    >
      <p>{blind ? t.unblindAbout : t.blindAbout}</p>
    </AskDialog>
  );
}

function RerunDialog(props: { phase: Phase; onDone: (what: string) => void; onClose: () => void }) {
  const t = useTexts();
  const { id, name } = props.phase;
  return (
    <AskDialog
      title={t.rerunTitle(name)}
      button={t.rerunButton}
      isDanger
      asksReason
      act={(reason) =>
        ask(api.POST("/api/phases/{id}/rerun_submissions/", { params: { path: { id } }, ...because(reason) }))
      }
      onDone={({ count, skipped }) =>
        props.onDone(
          [
            t.reran(count, number(count)),
            ...(skipped.length > 0 ? [t.skipped(skipped.length, number(skipped.length))] : []),
          ].join(" "),
        )
      }
      onClose={props.onClose}
    >
      <p>{t.rerunAbout}</p>
    </AskDialog>
  );
}
