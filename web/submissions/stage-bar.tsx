import "./stage-bar.css";
import { useEffect, useState } from "react";
import { between, dateTime, number, relative, took } from "../app/format.ts";
import { type Run, type Submission } from "./queries.ts";
import { isFinal } from "./status.ts";
import { stagesOf, type Stage } from "./stages.ts";
import { useTexts } from "./texts.ts";

const marks = { done: "✓", now: "", next: "", failed: "✕", skipped: "–" } as const;

/** How far a run is, how long each stage took, and why it waits. */
export function StageBar({ submission, run }: { submission: Submission; run: Run }) {
  const t = useTexts();
  const isLive = !isFinal(run.status);
  useSeconds(isLive);
  const { failure } = submission;
  const stages = stagesOf(submission.created_when, run, failure?.submission === run.id ? failure.step : null);
  const { waiting_for: waitingFor } = submission;
  return (
    <div>
      <ol className="card stages" aria-label={t.stages.label}>
        {stages.map((stage) => (
          <li key={stage.name} className="stage" data-state={stage.state}>
            <span className="stage-mark" aria-hidden="true">
              {marks[stage.state]}
            </span>
            <div>
              <p className="stage-name">
                {stage.name === "end" ? t.stages.end[endOf(run)] : t.stages[stage.name]}
                <span className="hidden">: {t.stages[stage.state]}</span>
              </p>
              <p className="small quiet numbers">
                <Note stage={stage} submission={submission} />
              </p>
            </div>
          </li>
        ))}
      </ol>
      {isLive && waitingFor !== null && (
        <p className="stage-why small" role="status">
          <b>{t.waitsFor}</b>: {waitingFor}
        </p>
      )}
    </div>
  );
}

const endOf = ({ status }: Run) => (status === "Failed" || status === "Cancelled" ? status : "Finished");

function Note({ stage: { name, state, from, to }, submission }: { stage: Stage; submission: Submission }) {
  const t = useTexts();
  if (state === "next") return t.stages.next;
  if (name === "end")
    return to === null ? null : (
      <time dateTime={to} title={dateTime(to)}>
        {relative(to)}
      </time>
    );
  if (from === null || (state === "skipped" && to === null)) return t.stages.skipped;
  const time = took(between(from, to));
  if (name !== "queued") return state === "now" ? t.stages.waits(time) : time;
  const { queue_position: place } = submission;
  if (state === "done") return t.stages.waited(time);
  return [place !== null && t.stages.place(number(place)), t.stages.waits(time)].filter(Boolean).join(" · ");
}

/** Renders each second, while something goes on. */
function useSeconds(isOn: boolean): void {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [isOn]);
}
