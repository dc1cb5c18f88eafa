import "./overview-page.css";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Markdown } from "../../markup/markdown.tsx";
import { useTexts } from "./texts.ts";
import { useCompetition } from "./use-competition.ts";

const route = getRouteApi("/competitions/$id/");

/** The pages that organizers wrote, and the terms as the last of them. */
export function OverviewPage() {
  const t = useTexts();
  const competition = useCompetition();
  const { page = 1, secret_key } = route.useSearch();
  const pages = [
    ...competition.pages.map(({ title, content }) => ({ title, content })),
    ...(competition.terms.trim() === "" ? [] : [{ title: t.terms, content: competition.terms }]),
  ];
  const shown = pages[Math.min(page, pages.length) - 1];
  if (!shown) return <p className="quiet">{t.noPages}</p>;
  return (
    <div className="overview">
      <nav className="overview-pages" aria-label={t.tabs.overview}>
        {pages.map(({ title }, index) => (
          <Link
            key={index}
            from="/competitions/$id/"
            search={{ secret_key, page: index === 0 ? undefined : index + 1 }}
            className="overview-page"
            aria-current={pages[index] === shown ? "page" : undefined}
            activeProps={{ "aria-current": pages[index] === shown ? "page" : undefined }}
          >
            {title}
          </Link>
        ))}
      </nav>
      <article>
        <Markdown key={page} source={shown.content} />
      </article>
    </div>
  );
}
