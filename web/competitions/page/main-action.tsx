import { Link, useMatch, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useSession } from "../../api/session.ts";
import { number } from "../../app/format.ts";
import type { Competition, Phase } from "../queries.ts";
import { useTexts } from "./texts.ts";

const JoinDialog = lazy(() => import("./join-dialog.tsx"));
const LeaveDialog = lazy(() => import("./leave-dialog.tsx"));

/** What the reader does next with the competition. */
export function MainAction({ competition }: { competition: Competition }) {
  const t = useTexts();
  const { user } = useSession();
  const here = useRouterState({ select: ({ location }) => location.pathname + location.searchStr });
  const [asked, setAsked] = useState<"join" | "leave">();
  const { participant_status: status, permissions } = competition;
  if (!user)
    return (
      <div className="competition-action">
        <Link to="/accounts/login/" search={{ next: here }} className="button main large">
          {t.logInToJoin}
        </Link>
      </div>
    );
  return (
    <>
      <div className="competition-action small">
        {status === "pending" && <p className="quiet">{t.pending}</p>}
        {status === "denied" && <p className="quiet">{t.denied}</p>}
        {status === "approved" && <Submit competition={competition} />}
        {permissions["register"] && status !== "pending" && status !== "approved" && (
          <button type="button" className="button main large" onClick={() => setAsked("join")}>
            {t.join}
          </button>
        )}
        {(status === "approved" || status === "pending") && !permissions["edit"] && (
          <button type="button" className="competition-leave" onClick={() => setAsked("leave")}>
            {status === "pending" ? t.takeBack : t.leave}
          </button>
        )}
      </div>
      {asked && (
        <Suspense>
          {asked === "join" ? (
            <JoinDialog competition={competition} onClose={() => setAsked(undefined)} />
          ) : (
            <LeaveDialog competition={competition} onClose={() => setAsked(undefined)} />
          )}
        </Suspense>
      )}
    </>
  );
}

/** The way to submit while a phase is open, with how many submissions are left. */
function Submit({ competition: { id, phases } }: { competition: Competition }) {
  const t = useTexts();
  // There, the page itself has the button.
  const isThere = useMatch({ from: "/competitions/$id/submit", shouldThrow: false }) !== undefined;
  const open = phases.find(({ status, accepts_submissions: accepts }) => status === "Current" && accepts);
  if (!open) return <span className="pill good">{t.approved}</span>;
  const { today, inAll } = leftIn(open);
  const parts = [
    ...(today === null ? [] : [t.leftToday(number(today), today)]),
    ...(inAll === null ? [] : [today === null ? t.leftInAll(number(inAll), inAll) : t.andInAll(number(inAll))]),
  ];
  return (
    <>
      {!isThere && (
        <Link
          from="/competitions/$id"
          to="/competitions/$id/submit/"
          params={{ id: String(id) }}
          search={({ secret_key }) => ({ secret_key })}
          className="button main large"
        >
          {t.submit}
        </Link>
      )}
      {parts.length > 0 && <p className="quiet numbers">{parts.join(", ")}</p>}
    </>
  );
}

/** How many submissions the reader has left in a phase; null without a limit. */
function leftIn(phase: Phase): { today: number | null; inAll: number | null } {
  const left = (allowed: number | null, used: number) => (allowed === null ? null : Math.max(0, allowed - used));
  const inAll = left(phase.allowed_submissions_per_person, phase.used_submissions_per_person);
  const today = left(phase.allowed_submissions_per_day, phase.used_submissions_per_day);
  return { today: today === null ? null : Math.min(today, inAll ?? today), inAll };
}
