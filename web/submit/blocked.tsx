import { Link, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useSession } from "../api/session.ts";
import { clock, dateTime, relative } from "../app/format.ts";
import type { Competition, Phase } from "../competitions/queries.ts";
import type { BeforeSubmitting } from "./queries.ts";
import { useTexts } from "./texts.ts";

const JoinDialog = lazy(() => import("../competitions/page/join-dialog.tsx"));

interface Answer {
  code: string | null;
  reason: string | null;
}

/** Why a participant cannot submit now, when they can, and where to go meanwhile. */
export function Blocked(props: { competition: Competition; phase: Phase; before: BeforeSubmitting; answer: Answer }) {
  const { competition, phase, before, answer } = props;
  const t = useTexts();
  const params = { id: String(competition.id) };
  return (
    <>
      <p className="notice wait submit-blocked">{reasonOf(phase, before, answer, t.blocked)}</p>
      <p className="submit-ways">
        <Link to="/competitions/$id/submissions/" params={params} className="button">
          {t.blocked.mine}
        </Link>
        {competition.leaderboards.length > 0 && (
          <Link to="/competitions/$id/leaderboard/" params={params} className="button">
            {t.blocked.board}
          </Link>
        )}
        <Link to="/competitions/$id/phases/" params={params} className="button">
          {t.blocked.phases}
        </Link>
      </p>
    </>
  );
}

/** The platform's reasons have times in UTC. These have the reader's. */
function reasonOf(
  phase: Phase,
  before: BeforeSubmitting,
  { code, reason }: Answer,
  t: ReturnType<typeof useTexts>["blocked"],
): string {
  const { name, start, end } = phase;
  switch (code) {
    case "PHASE_NOT_STARTED":
      return t.notBegun(name, dateTime(start), relative(start));
    case "PHASE_ENDED":
      return end === null ? t.closed(name) : t.ended(name, dateTime(end));
    case "PHASE_CLOSED":
      return t.closed(name);
    case "DAILY_LIMIT": {
      const used = t.daily(before.allowed_submissions_per_day ?? 0);
      const { resets_when: reset } = before;
      return reset === null ? used : `${used} ${t.reset(clock(reset), relative(reset))}`;
    }
    case "TOTAL_LIMIT":
      return t.total(before.allowed_submissions_per_person ?? 0);
    default:
      return reason ?? t.closed(name);
  }
}

/** What somebody does first who does not take part yet. */
export function NotTakingPart({ competition, phase }: { competition: Competition; phase: Phase | undefined }) {
  const t = useTexts();
  const { user } = useSession();
  const here = useRouterState({ select: ({ location }) => location.pathname + location.searchStr });
  const [joining, setJoining] = useState(false);
  const { participant_status: status, permissions } = competition;
  const canJoin = permissions["register"] && status !== "pending" && status !== "approved";
  const [text, action]: [string, ReactNode] = !user
    ? [
        t.blocked.logIn,
        <Link key="log-in" to="/accounts/login/" search={{ next: here }} className="button main large">
          {t.blocked.logInButton}
        </Link>,
      ]
    : canJoin
      ? [
          t.blocked.join,
          <button key="join" type="button" className="button main large" onClick={() => setJoining(true)}>
            {t.blocked.joinButton}
          </button>,
        ]
      : [status === "denied" ? t.blocked.denied : t.blocked.pending, null];
  return (
    <section className="card submit-card submit-first">
      <h2>{phase ? t.to(phase.name) : t.title}</h2>
      <p>{text}</p>
      {action}
      {joining && (
        <Suspense>
          <JoinDialog competition={competition} onClose={() => setJoining(false)} />
        </Suspense>
      )}
    </section>
  );
}
