import "./news-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { date } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Pager } from "../competitions/pager.tsx";
import { Markdown } from "../markup/markdown.tsx";
import { newsPageSize, newsQuery } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/news");

/** What administrators published, the latest first. */
export function NewsPage() {
  const t = useTexts();
  const { page } = route.useSearch();
  const { data } = useSuspenseQuery(newsQuery(page));
  return (
    <div className="wrap news">
      <PageTitle>{t.news}</PageTitle>
      <h1>{t.news}</h1>
      {data.results.length === 0 && <p className="card news-none quiet">{t.noNews}</p>}
      {data.results.map(({ id, title, text, published_at: published }) => (
        <article key={id} id={`n${id}`} className="card news-post">
          <h2>{title}</h2>
          <p className="small quiet">
            <time dateTime={published}>{date(published)}</time>
          </p>
          <Markdown source={text} />
        </article>
      ))}
      <Pager page={page ?? 1} pageSize={newsPageSize} count={data.count} />
    </div>
  );
}
