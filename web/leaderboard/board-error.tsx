import { type ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "../api/client.ts";
import { LoadError } from "../shell/load-error.tsx";
import { BoardNotice } from "./board-notice.tsx";

/** A leaderboard that organizers hide is no fault: their sentence stands where the table would be. */
export function BoardError(props: ErrorComponentProps) {
  const { error } = props;
  const hidden = error instanceof ApiError && (error.code === "LEADERBOARD_HIDDEN" || error.code === "PHASE_BLIND");
  return hidden ? <BoardNotice>{error.message}</BoardNotice> : <LoadError {...props} />;
}
