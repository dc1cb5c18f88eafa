import { useQuery } from "@tanstack/react-query";
import { number } from "../app/format.ts";
import { toneOf, useStatusTexts } from "../submissions/status.ts";
import { type Submission, waitingQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Where a submission stands. `asks` also tells its place in the queue. */
export function StatusPill({ submission, asks = false }: { submission: Submission; asks?: boolean }) {
  const t = useTexts();
  const statuses = useStatusTexts();
  const { id, status, on_leaderboard: isOnBoard } = submission;
  const { data } = useQuery({ ...waitingQuery(id), enabled: asks && status === "Submitted" });
  const place = status === "Submitted" ? data?.queue_position : null;
  return (
    <span className={`pill ${toneOf(status)}`}>
      {isOnBoard && status === "Finished" ? t.onBoard : place ? t.place(number(place)) : statuses[status]}
    </span>
  );
}
