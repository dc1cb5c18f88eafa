import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { dateTime, relative } from "../app/format.ts";
import { useDraft } from "../app/use-draft.ts";
import { ConfirmDialog } from "../design/confirm-dialog.tsx";
import { Field } from "../design/field.tsx";
import { MarkdownEditor } from "../markup/markdown-editor.tsx";
import { Markdown } from "../markup/markdown.tsx";
import { loadMath } from "../markup/math.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { Author } from "./author.tsx";
import { removePost, type Post } from "./queries.ts";
import { useTexts } from "./texts.ts";

interface PostProps {
  competition: number;
  post: Post;
  isNew: boolean;
  /** Whether the reader moderates the forum. */
  moderates: boolean;
}

/** A post, and what the reader may do with it. */
export function PostCard({ competition, post, isNew, moderates }: PostProps) {
  const t = useTexts();
  const { user } = useSession();
  const [asked, setAsked] = useState<"edit" | "remove" | "report">();
  const [isReported, setReported] = useState(false);
  const isOwn = user !== null && post.author.username === user.username;
  const name = post.author.display_name;
  const button = (what: NonNullable<typeof asked>, label: string) => (
    <button type="button" className="button" onClick={() => setAsked(what)}>
      {label} <span className="hidden">({name})</span>
    </button>
  );
  return (
    <article id={`p${post.id}`} className="card forum-post" aria-label={t.by(name)}>
      <PostHead post={post}>
        {isNew && <span className="pill accent">{t.unread}</span>}
        {post.reports > 0 && <span className="pill bad">{t.reported(post.reports)}</span>}
      </PostHead>
      {post.removed ? (
        <p className="notice">
          {post.removed.by === "author" ? t.removedByAuthor : t.removedByOrganizer}{" "}
          {post.removed.reason && `${t.reason}: ${post.removed.reason}`}
        </p>
      ) : asked === "edit" ? (
        <EditPost competition={competition} post={post} onDone={() => setAsked(undefined)} />
      ) : (
        <Markdown source={post.text} />
      )}
      {isReported && (
        <p role="status" className="notice good">
          {t.reportDone}
        </p>
      )}
      {user && !post.removed && asked !== "edit" && (
        <div className="forum-post-actions">
          {post.permissions["edit"] && button("edit", t.edit)}
          {post.permissions["remove"] && button("remove", t.remove)}
          {!isOwn && !moderates && !isReported && button("report", t.report)}
        </div>
      )}
      {asked === "remove" && (
        <RemoveDialog competition={competition} post={post} isOwn={isOwn} onClose={() => setAsked(undefined)} />
      )}
      {asked === "report" && (
        <ReportDialog
          competition={competition}
          post={post}
          onDone={() => setReported(true)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </article>
  );
}

/** Who wrote a post, and when. */
export function PostHead({ post, children }: { post: Post; children?: ReactNode }) {
  const t = useTexts();
  return (
    <p className="forum-post-head small quiet">
      <Author author={post.author} />
      <a href={`#p${post.id}`} title={dateTime(post.created_when)}>
        <time dateTime={post.created_when}>{relative(post.created_when)}</time>
      </a>
      {post.edited_when && !post.removed && (
        <span title={dateTime(post.edited_when)}>{t.edited(relative(post.edited_when))}</span>
      )}
      {children}
    </p>
  );
}

function EditPost({ competition, post, onDone }: { competition: number; post: Post; onDone: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const [text, setText, forget] = useDraft(`post ${post.id}`, post.text);
  const save = useMutation({
    mutationFn: () =>
      ask(
        api.PATCH("/api/competitions/{id}/forum/threads/{thread}/posts/{post}/", {
          params: { path: { id: competition, thread: post.thread, post: post.id } },
          body: { text },
        }),
      ),
    onSuccess: async () => {
      await loadMath(text);
      await client.invalidateQueries({ queryKey: ["forum", competition, "posts"] });
      onDone();
    },
  });
  return (
    <form
      className="forum-dialog"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {save.isError && <ErrorNotice error={save.error} />}
      <MarkdownEditor label={t.text} value={text} onChange={setText} maxLength={20_000} />
      <div className="forum-buttons">
        <button className="button main" disabled={save.isPending || text.trim() === ""}>
          {t.save}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => {
            forget();
            onDone();
          }}
        >
          {t.cancel}
        </button>
      </div>
    </form>
  );
}

/** An organizer says why, and everybody reads it. Authors need no reason. */
export function RemoveDialog(props: { competition: number; post: Post; isOwn: boolean; onClose: () => void }) {
  const t = useTexts();
  const client = useQueryClient();
  const { competition, post, isOwn, onClose } = props;
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      title={t.removeTitle}
      action={t.remove}
      onClose={onClose}
      onConfirm={async () => {
        await removePost(post, competition, reason);
        await client.invalidateQueries({ queryKey: ["forum", competition] });
      }}
    >
      <p>{t.removeAbout}</p>
      {!isOwn && (
        <Field
          label={t.reason}
          hint={t.reasonPublic}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
          maxLength={1000}
          required
        />
      )}
    </ConfirmDialog>
  );
}

function ReportDialog(props: { competition: number; post: Post; onDone: () => void; onClose: () => void }) {
  const t = useTexts();
  const { competition, post, onDone, onClose } = props;
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      title={t.reportTitle}
      action={t.report}
      isSafe
      onClose={onClose}
      onConfirm={async () => {
        await ask(
          api.POST("/api/competitions/{id}/forum/threads/{thread}/posts/{post}/report/", {
            params: { path: { id: competition, thread: post.thread, post: post.id } },
            body: { reason },
          }),
        );
        onDone();
      }}
    >
      <p>{t.reportAbout}</p>
      <Field label={t.reason} value={reason} onChange={({ target }) => setReason(target.value)} maxLength={1000} />
    </ConfirmDialog>
  );
}
