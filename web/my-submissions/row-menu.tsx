import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { decideConnect, decideDisconnect } from "../../lambdas/competitions/rules/submission-rules.ts";
import { api, ask } from "../api/client.ts";
import type { Competition } from "../competitions/queries.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Icon } from "../design/icons.tsx";
import { Popover } from "../design/popover.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { isUnfinished, type Listed, submissionPath } from "./queries.ts";
import { useTexts } from "./texts.ts";

type Asked = "cancel" | "delete";

/** What its owner may do with a submission now. What cannot be undone asks first. */
export function RowMenu({ competition, submission }: { competition: Competition; submission: Listed }) {
  const t = useTexts();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { id, status, permissions, is_public: isPublic } = submission;
  const params = { params: { path: { id } } };
  const name = `#${id}`;
  const act = useMutation({
    mutationFn: (call: () => Promise<unknown>) => call(),
    onSuccess: async () => {
      await Promise.all(
        ["submissions", "competition", "leaderboard"].map((key) => client.invalidateQueries({ queryKey: [key] })),
      );
    },
  });
  const board = boardChange(competition, submission);
  const choices: { text: string; onChoose: () => void; isDanger?: boolean }[] = [];
  if (board === "on")
    choices.push({
      text: t.putOn,
      onChoose: () =>
        act.mutate(() => ask(api.POST("/api/submissions/{id}/submission_leaderboard_connection/", params))),
    });
  if (board === "off")
    choices.push({
      text: t.takeOff,
      onChoose: () =>
        act.mutate(() => ask(api.DELETE("/api/submissions/{id}/submission_leaderboard_connection/", params))),
    });
  if (permissions["make_public"] && status === "Finished" && !submission.is_soft_deleted)
    choices.push({
      text: isPublic ? t.unpublish : t.publish,
      onChoose: () => act.mutate(() => ask(api.POST("/api/submissions/{id}/toggle_public/", params))),
    });
  if (permissions["run"] && !isUnfinished(status) && !submission.is_soft_deleted)
    choices.push({
      text: t.rerun,
      onChoose: () => act.mutate(() => ask(api.POST("/api/submissions/{id}/re_run_submission/", params))),
    });
  if (permissions["cancel"] && isUnfinished(status))
    choices.push({ text: t.cancel, onChoose: () => setAsked("cancel"), isDanger: true });
  if (permissions["soft_delete"] && !isUnfinished(status))
    choices.push({ text: t.delete, onChoose: () => setAsked("delete"), isDanger: true });
  return (
    <>
      <Popover className="mine-menu" buttonClass="icon-button" label={t.menu(name)} button={<Icon name="more" />}>
        <div className="menu">
          <a className="nav-link" href={submissionPath(submission)}>
            {t.details}
          </a>
          {choices.map(({ text, onChoose, isDanger }) => (
            <button
              key={text}
              type="button"
              className={isDanger ? "nav-link mine-danger" : "nav-link"}
              disabled={act.isPending}
              onClick={onChoose}
            >
              {text}
            </button>
          ))}
          {act.isError && asked === null && <ErrorNotice error={act.error} className="mine-error" />}
        </div>
      </Popover>
      {asked && (
        <ConfirmDialog
          title={asked === "cancel" ? t.cancelTitle(name) : t.deleteTitle(name)}
          action={asked === "cancel" ? t.cancel : t.delete}
          keep={asked === "cancel" ? t.goOn : t.keep}
          onConfirm={() =>
            act.mutateAsync(() =>
              asked === "cancel"
                ? ask(api.POST("/api/submissions/{id}/cancel_submission/", params))
                : ask(api.DELETE("/api/submissions/{id}/soft_delete/", params)),
            )
          }
          onClose={() => {
            setAsked(null);
            act.reset();
          }}
        >
          <p>{asked === "cancel" ? t.cancelAbout : t.deleteAbout}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Whether the reader may put their submission on the leaderboard, or take it off, by the leaderboard's own rule. */
function boardChange({ leaderboards: [board], permissions }: Competition, submission: Listed): "on" | "off" | null {
  if (!board || submission.status !== "Finished" || submission.is_soft_deleted) return null;
  const editor = { isOwner: true, isOrganizer: permissions["edit"] };
  const facts = {
    isTaskRerun: submission.is_specific_task_re_run,
    isKeptOff: submission.kept_off_leaderboard,
    isApproved: true,
  };
  const wanted = submission.on_leaderboard ? "off" : "on";
  const decide = wanted === "on" ? decideConnect : decideDisconnect;
  return decide(board.submission_rule, editor, facts).allowed ? wanted : null;
}
