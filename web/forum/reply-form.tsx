import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, ask } from "../api/client.ts";
import { useDraft } from "../app/use-draft.ts";
import { MarkdownEditor } from "../markup/markdown-editor.tsx";
import { loadMath } from "../markup/math.ts";
import { ErrorNotice } from "../shell/problem.tsx";
import { pageSize } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** `count` is how many posts the thread has: the reply may begin another page. */
export function ReplyForm({ competition, thread, count }: { competition: number; thread: number; count: number }) {
  const t = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [text, setText, forget] = useDraft(`reply in thread ${thread}`);
  const reply = useMutation({
    mutationFn: () =>
      ask(
        api.POST("/api/competitions/{id}/forum/threads/{thread}/posts/", {
          params: { path: { id: competition, thread } },
          body: { text },
        }),
      ),
    onSuccess: async (post) => {
      await loadMath(text);
      forget();
      const page = Math.floor(count / pageSize) + 1;
      await client.invalidateQueries({ queryKey: ["forum", competition] });
      await navigate({
        to: "/competitions/$id/forum/$thread/",
        params: { id: String(competition), thread: String(thread) },
        search: ({ secret_key }: { secret_key?: string }) => ({ secret_key, page: page > 1 ? page : undefined }),
        hash: `p${post.id}`,
        replace: true,
      });
    },
  });
  return (
    <form
      className="card forum-form"
      onSubmit={(event) => {
        event.preventDefault();
        reply.mutate();
      }}
    >
      {reply.isError && <ErrorNotice error={reply.error} />}
      <MarkdownEditor
        label={t.yourReply}
        hint={t.textHint}
        rows={5}
        value={text}
        onChange={setText}
        maxLength={20_000}
      />
      <button className="button main" disabled={reply.isPending || text.trim() === ""}>
        {t.reply}
      </button>
    </form>
  );
}
