import "./forum.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { dateTime, relative } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { useCompetition } from "../competitions/page/use-competition.ts";
import { Pager } from "../competitions/pager.tsx";
import { Icon } from "../design/icons.tsx";
import { pageSize, threadsQuery, type Thread } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/forum");

/** The threads of a forum: pinned ones first, then those with the latest posts. */
export function ForumPage() {
  const t = useTexts();
  const { id, title } = useCompetition();
  const { user } = useSession();
  const navigate = route.useNavigate();
  const { q, page, secret_key } = route.useSearch();
  const { data: threads } = useSuspenseQuery(threadsQuery(id, { q, page }, secret_key));
  const { permissions } = threads;
  const params = { id: String(id) };
  return (
    <section className="forum" aria-label={t.forum}>
      <PageTitle>{`${t.forum} · ${title}`}</PageTitle>
      <h2 className="hidden">{t.forum}</h2>
      <div className="forum-tools">
        <form
          role="search"
          className="forum-search"
          onSubmit={(event) => {
            event.preventDefault();
            const words = new FormData(event.currentTarget).get("q");
            void navigate({ search: { secret_key, q: typeof words === "string" && words !== "" ? words : undefined } });
          }}
        >
          <input
            key={q}
            type="search"
            name="q"
            className="input"
            aria-label={t.search}
            placeholder={t.search}
            defaultValue={q}
            maxLength={200}
          />
        </form>
        <div className="forum-buttons">
          {permissions["moderate"] && (
            <Link to="/competitions/$id/forum/reports/" params={params} className="button">
              {t.reports}
            </Link>
          )}
          {permissions["write"] ? (
            <Link to="/competitions/$id/forum/new/" params={params} className="button main">
              {t.newThread}
            </Link>
          ) : user ? (
            <p className="small quiet">{t.readOnly}</p>
          ) : (
            <Link to="/accounts/login/" search={{ next: `/competitions/${id}/forum/` }} className="button">
              {t.logIn}
            </Link>
          )}
        </div>
      </div>
      {threads.results.length === 0 ? (
        <div className="notice">
          {q !== undefined ? (
            <>
              {t.nothing}{" "}
              <Link to="/competitions/$id/forum/" params={params} search={{ secret_key }}>
                {t.clear}
              </Link>
            </>
          ) : permissions["write"] ? (
            t.empty
          ) : (
            t.emptyReader
          )}
        </div>
      ) : (
        <ul className="card">
          {threads.results.map((thread) => (
            <ThreadRow key={thread.id} thread={thread} secretKey={secret_key} />
          ))}
        </ul>
      )}
      <Pager page={page ?? 1} pageSize={pageSize} count={threads.count} />
    </section>
  );
}

function ThreadRow({ thread, secretKey }: { thread: Thread; secretKey: string | undefined }) {
  const t = useTexts();
  const lastPage = Math.ceil(thread.post_count / pageSize);
  const to = {
    to: "/competitions/$id/forum/$thread/",
    params: { id: String(thread.competition), thread: String(thread.id) },
  } as const;
  return (
    <li className="forum-thread" data-unread={thread.is_unread}>
      <div>
        <h3>
          <Link {...to} search={{ secret_key: secretKey }}>
            {thread.title}
          </Link>
          {thread.is_unread && <span className="pill accent">{t.unread}</span>}
          {thread.is_pinned && <span className="pill">{t.pinned}</span>}
          {thread.is_locked && (
            <span className="pill">
              <Icon name="lock" /> {t.locked}
            </span>
          )}
        </h3>
        <p className="small quiet">{t.by(thread.author.display_name)}</p>
      </div>
      <span className="small quiet numbers">{t.posts(thread.post_count)}</span>
      <p className="small quiet">
        <Link
          {...to}
          search={{ secret_key: secretKey, page: lastPage > 1 ? lastPage : undefined }}
          hash={`p${thread.last_post}`}
          title={dateTime(thread.last_post_when)}
        >
          {relative(thread.last_post_when)}
        </Link>{" "}
        {t.last(thread.last_author.display_name)}
      </p>
    </li>
  );
}
