import "./forum.css";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { messageOf } from "../accounts/account-form.tsx";
import { api, ask } from "../api/client.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useDraft } from "../app/use-draft.ts";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { Field } from "../design/field.tsx";
import { MarkdownEditor } from "../markup/markdown-editor.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { useTexts } from "./texts.ts";

export function NewThreadPage() {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { id, title: competition } = useCompetition();
  const [title, setTitle, forgetTitle] = useDraft(`title of a thread in ${id}`);
  const [text, setText, forgetText] = useDraft(`text of a thread in ${id}`);
  const begin = useMutation({
    mutationFn: () =>
      ask(api.POST("/api/competitions/{id}/forum/threads/", { params: { path: { id } }, body: { title, text } })),
    onSuccess: async (thread) => {
      forgetTitle();
      forgetText();
      void client.invalidateQueries({ queryKey: ["forum", id] });
      await navigate({
        to: "/competitions/$id/forum/$thread/",
        params: { id: String(id), thread: String(thread.id) },
        search: {},
        replace: true,
      });
    },
  });
  return (
    <section className="forum" aria-label={t.newThread}>
      <PageTitle>{`${t.newThread} · ${competition}`}</PageTitle>
      <p className="small">
        <Link to="/competitions/$id/forum/" params={{ id: String(id) }} search={{}}>
          ← {t.toForum}
        </Link>
      </p>
      <h2>{t.newThread}</h2>
      <form
        className="card forum-form"
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate();
        }}
      >
        {begin.isError && <ErrorNotice error={begin.error} />}
        <Field
          label={t.title}
          value={title}
          onChange={({ target }) => setTitle(target.value)}
          error={messageOf(begin.error, "title")}
          maxLength={200}
          required
        />
        <MarkdownEditor
          label={t.text}
          hint={t.textHint}
          value={text}
          onChange={setText}
          maxLength={20_000}
          error={messageOf(begin.error, "text")}
        />
        <button className="button main" disabled={begin.isPending || text.trim() === ""}>
          {t.begin}
        </button>
      </form>
    </section>
  );
}
