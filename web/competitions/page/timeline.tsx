import "./timeline.css";
import { date, dateTime, relative } from "../../app/format.ts";
import type { Phase } from "../queries.ts";
import { useTexts } from "./texts.ts";

/** The phases in order, each with what a reader wants to know of it: when it was, when it ends, or when it begins. */
export function Timeline({ phases }: { phases: Phase[] }) {
  const t = useTexts();
  const [only] = phases;
  if (phases.length === 1 && only)
    return (
      <p className="timeline small">
        <span className={`pill ${only.status === "Current" ? "good" : ""}`}>{t.phase[only.status]}</span>{" "}
        <span className="quiet">{t.since(only.name, date(only.start), only.end && dateTime(only.end))}</span>
      </p>
    );
  return (
    <ol className="timeline phases small" tabIndex={0}>
      {phases.map((phase) => (
        <li key={phase.id} data-status={phase.status} aria-current={phase.status === "Current" ? "step" : undefined}>
          <b>{phase.name}</b>
          <span className="quiet">
            {t.phase[phase.status]} · {whenOf(phase, t)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function whenOf({ status, start, end }: Phase, t: ReturnType<typeof useTexts>): string {
  if (status === "Next") return `${t.startsIn(relative(start))}, ${dateTime(start)}`;
  if (status === "Previous") return end === null ? date(start) : `${date(start)} – ${date(end)}`;
  return end === null ? t.withoutEnd : `${t.endsIn(relative(end))}, ${dateTime(end)}`;
}
