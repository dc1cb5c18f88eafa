import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, ask } from "../../api/client.ts";
import { number } from "../../app/format.ts";
import { Dialog } from "../../design/dialog.tsx";
import { ErrorNotice } from "../../shell/problem.tsx";
import { AskDialog } from "../ask-dialog.tsx";
import type { Outcome } from "../bulk.tsx";
import { because, type Submission } from "../queries.ts";
import { useOrganizeTexts } from "../texts.ts";
import { useTexts } from "./texts.ts";

type Action = "start" | "rerun" | "cancel" | "remove";

interface Skipped {
  id: number;
  detail: string;
}

/** What can be done with the chosen submissions. It keeps its height while none is chosen, so that the table stays. */
export function BulkBar(props: { chosen: Submission[]; count: number; onDone: (outcome: Outcome) => void }) {
  const t = useTexts();
  const common = useOrganizeTexts();
  const [asked, setAsked] = useState<Action>();
  const { chosen, count, onDone } = props;
  const toStart = chosen.length > 0 && chosen.every(({ status }) => status === "Submitting");
  const isNone = chosen.length === 0;
  const actions: [Action, string][] = [
    ...(toStart ? [["start", t.start] as [Action, string]] : []),
    ["rerun", t.rerun],
    ["cancel", t.cancel],
  ];
  return (
    <div className="org-bulk" data-on={!isNone}>
      <span role="status" className="numbers">
        {common.selected(number(chosen.length), number(count))}
      </span>
      <div className="org-actions">
        {actions.map(([action, words]) => (
          <button key={action} type="button" className="button" disabled={isNone} onClick={() => setAsked(action)}>
            {words}
          </button>
        ))}
        <Download chosen={chosen} />
        <button type="button" className="button danger" disabled={isNone} onClick={() => setAsked("remove")}>
          {t.remove}
        </button>
      </div>
      {asked && <ActionDialog action={asked} chosen={chosen} onDone={onDone} onClose={() => setAsked(undefined)} />}
    </div>
  );
}

function ActionDialog(props: {
  action: Action;
  chosen: Submission[];
  onDone: (outcome: Outcome) => void;
  onClose: () => void;
}) {
  const t = useTexts();
  const { action, chosen, onDone, onClose } = props;
  const ids = chosen.map(({ id }) => id);
  const words = {
    start: [t.startTitle, t.startAbout, t.start, t.started],
    rerun: [t.rerunTitle, t.rerunAbout, t.rerun, t.reran],
    cancel: [t.cancelTitle, t.cancelAbout, t.cancelButton, t.cancelled],
    remove: [t.removeTitle, t.removeAbout, t.removeButton, t.removed],
  } as const;
  const [title, about, button, done] = words[action];
  return (
    <AskDialog
      title={title(ids.length, number(ids.length))}
      button={button}
      isDanger={action === "cancel" || action === "remove"}
      asksReason
      act={(reason) => act(action, ids, reason)}
      onDone={({ ids: changed, skipped }) => onDone({ done: done(changed.length, number(changed.length)), skipped })}
      onClose={onClose}
    >
      <p>{about}</p>
    </AskDialog>
  );
}

async function act(action: Action, ids: number[], reason: string): Promise<{ ids: number[]; skipped: Skipped[] }> {
  const request = { body: ids, ...because(reason) };
  if (action === "rerun") {
    const { submissions, skipped } = await ask(api.POST("/api/submissions/re_run_many_submissions/", request));
    return { ids: submissions, skipped };
  }
  if (action === "cancel") {
    const { cancelled, skipped } = await ask(api.POST("/api/submissions/cancel_many/", request));
    return { ids: cancelled, skipped };
  }
  if (action === "remove") {
    const { deleted, skipped } = await ask(api.DELETE("/api/submissions/delete_many/", request));
    return { ids: deleted, skipped };
  }
  for (const id of ids)
    await ask(api.POST("/api/submissions/{id}/run_submission/", { params: { path: { id } }, ...because(reason) }));
  return { ids, skipped: [] };
}

/** Asks for links to the files of the chosen submissions, and shows them. */
function Download({ chosen }: { chosen: Submission[] }) {
  const t = useTexts();
  const common = useOrganizeTexts();
  const links = useMutation({
    mutationFn: () => ask(api.POST("/api/submissions/download_many/", { body: { pks: chosen.map(({ id }) => id) } })),
  });
  const openAll = () => {
    for (const { name, url } of links.data ?? [])
      Object.assign(document.createElement("a"), { href: url, download: name }).click();
  };
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={chosen.length === 0 || links.isPending}
        aria-busy={links.isPending}
        onClick={() => links.mutate()}
      >
        {t.download}
      </button>
      {(links.isSuccess || links.isError) && (
        <Dialog title={t.downloadTitle} onClose={links.reset}>
          {links.isError && <ErrorNotice error={links.error} />}
          {links.isSuccess && <p className="quiet">{links.data.length > 0 ? t.downloadAbout : t.noFiles}</p>}
          <ul className="org-files">
            {links.data?.map(({ name, url }) => (
              <li key={name}>
                <a href={url} download={name}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
          <div className="dialog-actions">
            <button type="button" className="button" onClick={links.reset}>
              {common.close}
            </button>
            {links.isSuccess && links.data.length > 1 && (
              <button type="button" className="button main" onClick={openAll}>
                {t.downloadAll}
              </button>
            )}
          </div>
        </Dialog>
      )}
    </>
  );
}
