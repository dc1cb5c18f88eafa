import "./forum.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, ask } from "../api/client.ts";
import { useSession } from "../api/session.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { Pager } from "../competitions/pager.tsx";
import { PostCard } from "./post-card.tsx";
import { pageSize, postsQuery, threadQuery, threadsQuery } from "./queries.ts";
import { ReplyForm } from "./reply-form.tsx";
import { useTexts } from "./texts.ts";
import { ThreadTools } from "./thread-tools.tsx";

const route = getRouteApi("/competitions/$id/forum/$thread");

/** The posts of a thread. Whoever sees them has read them. */
export function ThreadPage() {
  const id = Number(route.useParams().thread);
  // Another thread starts with what is new in it.
  return <ThreadPosts key={id} id={id} />;
}

function ThreadPosts({ id }: { id: number }) {
  const t = useTexts();
  const competition = useCompetition();
  const { user } = useSession();
  const { page = 1, secret_key } = route.useSearch();
  const { data: thread } = useSuspenseQuery(threadQuery(competition.id, id, secret_key));
  const { data: posts } = useSuspenseQuery(postsQuery(competition.id, id, page, secret_key));
  const { data: threads } = useSuspenseQuery(threadsQuery(competition.id, {}, secret_key));
  const { permissions } = threads;
  const [lastRead] = useState(thread.last_read_post ?? 0);
  useMarkAsRead(competition.id, id, user === null ? undefined : posts.results.at(-1)?.id, thread.last_read_post);
  const isLastPage = page * pageSize >= posts.count;
  return (
    <section className="forum" aria-label={thread.title}>
      <PageTitle>{`${thread.title} · ${competition.title}`}</PageTitle>
      <p className="small">
        <Link to="/competitions/$id/forum/" params={{ id: String(competition.id) }} search={{ secret_key }}>
          ← {t.toForum}
        </Link>
      </p>
      <h2>
        {thread.title} {thread.is_pinned && <span className="pill">{t.pinned}</span>}{" "}
        {thread.is_locked && <span className="pill">{t.locked}</span>}
      </h2>
      {user && <ThreadTools thread={thread} permissions={permissions} />}
      {posts.results.map((post) => (
        <PostCard
          key={post.id}
          competition={competition.id}
          post={post}
          isNew={user !== null && post.id > lastRead && post.author.username !== user.username}
          moderates={permissions["moderate"]}
        />
      ))}
      <Pager page={page} pageSize={pageSize} count={posts.count} />
      {thread.is_locked && <p className="notice">{t.lockedNotice}</p>}
      {!user && (
        <p>
          <Link
            to="/accounts/login/"
            search={{ next: `/competitions/${competition.id}/forum/${id}/` }}
            className="button"
          >
            {t.logIn}
          </Link>
        </p>
      )}
      {isLastPage && permissions["write"] && (!thread.is_locked || permissions["moderate"]) && (
        <ReplyForm competition={competition.id} thread={id} count={posts.count} />
      )}
    </section>
  );
}

/** Tells the platform what was shown. The marks on this page stay until the reader leaves it. */
function useMarkAsRead(competition: number, thread: number, shown: number | undefined, read: number | null) {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: (post: number) =>
      ask(
        api.POST("/api/competitions/{id}/forum/threads/{thread}/read/", {
          params: { path: { id: competition, thread } },
          body: { post },
        }),
      ),
    onSuccess: (thread) => {
      client.setQueryData(threadQuery(competition, thread.id).queryKey, thread);
      void client.invalidateQueries({ queryKey: ["forum", competition, "threads"] });
    },
  });
  useEffect(() => {
    if (shown !== undefined && shown > (read ?? 0)) mutate(shown);
  }, [mutate, shown, read]);
}
