/** What somebody may do with a submission, in its present state. The platform decides again. */
import { api, ask } from "../api/client.ts";
import type { Competition } from "../competitions/queries.ts";
import { type Submission } from "./queries.ts";
import { isFinal } from "./status.ts";
import type { useTexts } from "./texts.ts";

type Texts = ReturnType<typeof useTexts>;

export interface Action {
  name: "on" | "off" | "cancel" | "public" | "start" | "rerun" | "deleteFiles" | "delete";
  text: keyof Texts["actions"];
  /** What is asked before; null if it can be taken back. */
  asks: keyof Texts["ask"] | null;
  isDestructive: boolean;
  /** Some answer with the id of a new submission. */
  run: () => Promise<{ id?: number } | undefined>;
}

export function actionsOn(competition: Competition, submission: Submission): Action[] {
  const { id, status, permissions: may, parent } = submission;
  const params = { params: { path: { id } } };
  const isOver = isFinal(status);
  const isWhole = parent === null && !submission.is_soft_deleted;
  const isOrganizer = may.edit_scores;
  const board =
    competition.leaderboards.find((one) => one.id === submission.leaderboard) ?? competition.leaderboards[0];
  const rule = board?.submission_rule ?? "";
  const isChosenByHand = rule.startsWith("Add");
  const isOwner = may.answer_fact_sheet && !isOrganizer;
  const hasPlace = isWhole && status === "Finished" && board !== undefined && !submission.is_specific_task_re_run;
  const keptOff = submission.kept_off_leaderboard;
  const mayPutOn = isChosenByHand ? (isOwner && !keptOff) || isOrganizer : isOrganizer && keptOff;
  const mayTakeOff = isOrganizer || (isOwner && isChosenByHand && rule !== "Add");
  const all: (Action & { isPossible: boolean })[] = [
    {
      name: "on",
      text: keptOff ? "letBack" : "on",
      asks: null,
      isDestructive: false,
      isPossible: hasPlace && mayPutOn && !submission.on_leaderboard,
      run: () => ask(api.POST("/api/submissions/{id}/submission_leaderboard_connection/", params)),
    },
    {
      name: "cancel",
      text: "cancel",
      asks: "cancel",
      isDestructive: true,
      isPossible: may.cancel && !isOver,
      run: () => ask(api.POST("/api/submissions/{id}/cancel_submission/", params)).then(() => undefined),
    },
    {
      name: "start",
      text: "start",
      asks: null,
      isDestructive: false,
      isPossible: may.run && status === "Submitting" && !competition.auto_run_submissions,
      run: () => ask(api.POST("/api/submissions/{id}/run_submission/", params)),
    },
    {
      name: "public",
      text: submission.is_public ? "unpublish" : "publish",
      asks: submission.is_public ? null : "publish",
      isDestructive: false,
      isPossible: may.make_public && isWhole && isOver,
      run: () => ask(api.POST("/api/submissions/{id}/toggle_public/", params)),
    },
    {
      name: "rerun",
      text: "rerun",
      asks: "rerun",
      isDestructive: false,
      isPossible: may.run && isOver && isWhole,
      run: () => ask(api.POST("/api/submissions/{id}/re_run_submission/", params)),
    },
    {
      name: "off",
      text: "off",
      asks: isOrganizer ? "keepOff" : "off",
      isDestructive: true,
      isPossible: hasPlace && mayTakeOff && submission.on_leaderboard,
      run: () => ask(api.DELETE("/api/submissions/{id}/submission_leaderboard_connection/", params)),
    },
    {
      name: "deleteFiles",
      text: "deleteFiles",
      asks: "deleteFiles",
      isDestructive: true,
      isPossible: may.soft_delete && isOver && isWhole,
      run: () => ask(api.DELETE("/api/submissions/{id}/soft_delete/", params)).then(() => undefined),
    },
    {
      name: "delete",
      text: "delete",
      asks: "delete",
      isDestructive: true,
      isPossible: may.delete && parent === null,
      run: () => ask(api.DELETE("/api/submissions/{id}/", params)).then(() => undefined),
    },
  ];
  return all.filter(({ isPossible }) => isPossible);
}
