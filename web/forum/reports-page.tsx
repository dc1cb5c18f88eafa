import "./forum.css";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../api/client.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { Pager } from "../competitions/pager.tsx";
import { Markdown } from "../markup/markdown.tsx";
import { ErrorNotice } from "../shell/problem.tsx";
import { PostHead, RemoveDialog } from "./post-card.tsx";
import { pageSize, reportsQuery, type Post } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/forum/reports");

/** What people reported, for organizers to decide. */
export function ReportsPage() {
  const t = useTexts();
  const client = useQueryClient();
  const { id, title } = useCompetition();
  const { page = 1 } = route.useSearch();
  const { data: reports } = useSuspenseQuery(reportsQuery(id, page));
  const [removed, setRemoved] = useState<Post>();
  const dismiss = useMutation({
    mutationFn: (post: number) =>
      ask(api.DELETE("/api/competitions/{id}/forum/reports/{post}/", { params: { path: { id, post } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["forum", id] }),
  });
  return (
    <section className="forum" aria-label={t.reports}>
      <PageTitle>{`${t.reports} · ${title}`}</PageTitle>
      <p className="small">
        <Link to="/competitions/$id/forum/" params={{ id: String(id) }} search={{}}>
          ← {t.toForum}
        </Link>
      </p>
      <h2>{t.reports}</h2>
      <p className="quiet">{t.reportsAbout}</p>
      {dismiss.isError && <ErrorNotice error={dismiss.error} />}
      {reports.results.length === 0 && <p className="notice">{t.noReports}</p>}
      {reports.results.map((post) => (
        <article key={post.id} className="card forum-post" aria-label={t.by(post.author.display_name)}>
          <PostHead post={post} />
          <p className="small">
            <Link
              to="/competitions/$id/forum/$thread/"
              params={{ id: String(id), thread: String(post.thread) }}
              search={{}}
              hash={`p${post.id}`}
            >
              {t.inThread(post.thread_title)}
            </Link>
          </p>
          <Markdown source={post.text} />
          <ul className="notice bad small">
            {post.reported_by.map(({ username, reason }) => (
              <li key={username}>
                {t.reportedBy(username)}
                {reason && `: ${reason}`}
              </li>
            ))}
          </ul>
          <div className="forum-post-actions">
            <button type="button" className="button danger" onClick={() => setRemoved(post)}>
              {t.remove} <span className="hidden">({post.author.display_name})</span>
            </button>
            <button
              type="button"
              className="button"
              disabled={dismiss.isPending}
              onClick={() => dismiss.mutate(post.id)}
            >
              {t.dismiss} <span className="hidden">({post.author.display_name})</span>
            </button>
          </div>
        </article>
      ))}
      <Pager page={page} pageSize={pageSize} count={reports.count} />
      {removed && <RemoveDialog competition={id} post={removed} isOwn={false} onClose={() => setRemoved(undefined)} />}
    </section>
  );
}
