import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../api/session.ts";
import type { Competition } from "../competitions/queries.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Popover } from "../design/popover.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { actionsOn, type Action } from "./action-list.ts";
import { here, type Submission } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** What the reader may do with the submission now. The usual next step is a button of its own. */
export function Actions({ competition, submission }: { competition: Competition; submission: Submission }) {
  const t = useTexts();
  const { user } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asked, ask] = useState<Action | null>(null);
  const run = useMutation({
    mutationFn: (action: Action) => action.run(),
    onSuccess: async (answer, { name }) => {
      const params = { id: String(competition.id) };
      if (name === "delete") await navigate({ to: "/competitions/$id/", params });
      else if (name === "rerun" && answer?.id !== undefined)
        await navigate({ to: here.to, params: { ...params, submission: String(answer.id) } });
      await Promise.all([
        name !== "delete" && client.invalidateQueries({ queryKey: ["submission", submission.id] }),
        client.invalidateQueries({ queryKey: ["leaderboard"] }),
      ]);
    },
  });
  const actions = user ? actionsOn(competition, submission) : [];
  const start = (action: Action) => {
    run.reset();
    if (action.asks) ask(action);
    else run.mutate(action);
  };
  const main = actions.find(({ name }) => name === "on" || name === "cancel" || name === "start");
  const others = actions.filter((action) => action !== main);
  return (
    <div className="submission-actions">
      {submission.on_leaderboard && (
        <Link
          to="/competitions/$id/leaderboard/"
          params={{ id: String(competition.id) }}
          search={{ phase: String(submission.phase) }}
          hash={`s${submission.parent ?? submission.id}`}
          className="button"
        >
          {t.actions.seeOnBoard}
        </Link>
      )}
      {main && (
        <button
          type="button"
          className={`button ${main.name === "cancel" ? "danger" : "main"}`}
          disabled={run.isPending}
          onClick={() => start(main)}
        >
          {run.isPending && run.variables === main ? t.actions.busy : t.actions[main.text]}
        </button>
      )}
      {others.length > 0 && (
        <Popover className="submission-menu" buttonClass="button" label={t.actions.more} button={t.actions.more}>
          <div className="menu">
            {others.map((action) => (
              <button
                key={action.name}
                type="button"
                className="nav-link"
                data-danger={action.isDestructive}
                disabled={run.isPending}
                onClick={({ currentTarget }) => {
                  currentTarget.closest<HTMLElement>("[popover]")?.hidePopover();
                  start(action);
                }}
              >
                {t.actions[action.text]}
              </button>
            ))}
          </div>
        </Popover>
      )}
      {run.isError && !asked && <ErrorNotice error={run.error} />}
      {asked && (
        <ConfirmDialog
          title={t.actions[asked.text]}
          action={t.actions[asked.text]}
          keep={t.actions.keep}
          isSafe={!asked.isDestructive}
          onConfirm={() => run.mutateAsync(asked)}
          onClose={() => {
            ask(null);
            run.reset();
          }}
        >
          <p>{asked.asks && t.ask[asked.asks]}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
