import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { type Thread } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** Follows a thread, and moderates it. */
export function ThreadTools({ thread, permissions }: { thread: Thread; permissions: Record<string, boolean> }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { user } = useSession();
  const { id, competition, title, is_pinned: isPinned, is_locked: isLocked, wants_mail: wantsMail } = thread;
  const [asked, setAsked] = useState<"rename" | "delete">();
  const [newTitle, setNewTitle] = useState(title);
  const path = { id: competition, thread: id };
  const changed = () => client.invalidateQueries({ queryKey: ["forum", competition] });
  const change = (body: { title?: string; is_pinned?: boolean; is_locked?: boolean }) =>
    ask(api.PATCH("/api/competitions/{id}/forum/threads/{thread}/", { params: { path }, body })).then(changed);
  const work = useMutation({ mutationFn: (what: () => Promise<unknown>) => what() });
  const follow = () =>
    ask(
      api.PUT("/api/competitions/{id}/forum/threads/{thread}/follow/", {
        params: { path },
        body: { wants_mail: !wantsMail },
      }),
    ).then(changed);
  const button = (label: string, what: () => Promise<unknown>) => (
    <button type="button" className="button" disabled={work.isPending} onClick={() => work.mutate(what)}>
      {label}
    </button>
  );
  // Authors delete their thread as long as nobody answered it.
  const isAlone = thread.author.username === user?.username && thread.post_count === 1;
  return (
    <>
      {work.isError && <ErrorNotice error={work.error} />}
      <div className="forum-buttons">
        {button(wantsMail ? t.unfollow : t.follow, follow)}
        {permissions["moderate"] && (
          <>
            {button(isPinned ? t.unpin : t.pin, () => change({ is_pinned: !isPinned }))}
            {button(isLocked ? t.unlock : t.lock, () => change({ is_locked: !isLocked }))}
            <button type="button" className="button" onClick={() => setAsked("rename")}>
              {t.rename}
            </button>
          </>
        )}
        {(permissions["moderate"] || isAlone) && (
          <button type="button" className="button danger" onClick={() => setAsked("delete")}>
            {t.delete}
          </button>
        )}
      </div>
      {asked === "rename" && (
        <ConfirmDialog
          title={t.renameTitle}
          action={t.save}
          isSafe
          onClose={() => setAsked(undefined)}
          onConfirm={() => change({ title: newTitle })}
        >
          <Field
            label={t.title}
            value={newTitle}
            onChange={({ target }) => setNewTitle(target.value)}
            maxLength={200}
            required
          />
        </ConfirmDialog>
      )}
      {asked === "delete" && (
        <ConfirmDialog
          title={t.deleteTitle(title)}
          action={t.delete}
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            await ask(api.DELETE("/api/competitions/{id}/forum/threads/{thread}/", { params: { path } }));
            await navigate({ to: "/competitions/$id/forum/", params: { id: String(competition) }, search: {} });
            await client.invalidateQueries({ queryKey: ["forum", competition, "threads"] });
          }}
        >
          <p>{t.deleteAbout}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
