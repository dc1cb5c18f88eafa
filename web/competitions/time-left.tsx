import "./time-left.css";
import { date, duration } from "../app/format.ts";
import type { Offered } from "./queries.ts";
import { useCompetitionTexts } from "./texts.ts";

/** How far a competition is: a sentence of two words, and a bar that says the same. */
export function TimeLeft({ competition }: { competition: Offered }) {
  const t = useCompetitionTexts();
  const { status, current_phase: phase } = competition;
  const now = Date.now();
  const start = phase ? Date.parse(phase.start) : now;
  const end = phase?.end ? Date.parse(phase.end) : null;
  const text =
    status === "ended"
      ? t.ended
      : start > now
        ? t.starts(date(start))
        : end === null
          ? t.noEnd
          : t.left(duration(end - now));
  const share = status === "ended" ? 1 : start > now ? 0 : end === null ? 1 : (now - start) / (end - start);
  return (
    <div className="time-left">
      <span>{text}</span>
      <Bar share={share} />
    </div>
  );
}

/** A part of a whole, for people who see it: what stands beside it says the same. */
export function Bar({ share }: { share: number }) {
  return (
    <svg className="bar" aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none">
      <rect width="100" height="4" className="bar-whole" />
      <rect width={100 * Math.min(1, Math.max(0, share))} height="4" className="bar-part" />
    </svg>
  );
}
