import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, ask } from "../../api/client.ts";
import { dateTime } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Field } from "../../design/field.tsx";
import { given, givenMoment, momentValue } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { Table } from "../../design/table.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { MarkdownField } from "./markdown-field.tsx";
import { newsQuery, type News } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/news");

/** News, also those that are published later. */
export function NewsPage() {
  const t = useTexts();
  const { pages, actions } = useAdminTexts();
  const { page } = route.useSearch();
  const { data } = useSuspenseQuery(newsQuery(page));
  const change = useChange();
  const now = new Date().toISOString();
  return (
    <>
      <PageTitle>{pages.news}</PageTitle>
      <div className="admin-head">
        <h1>{pages.news}</h1>
        <Action
          label={t.write}
          title={t.writeTitle}
          submit={t.write}
          run={(form) => change(ask(api.POST("/api/news/", { body: newsOf(form) })))}
        >
          <NewsFields />
        </Action>
      </div>
      <p className="admin-lead quiet">
        {t.aboutNews} <Link to="/news/">{t.newsPage}</Link>
      </p>
      <Table
        label={pages.news}
        rows={data.results}
        rowKey={({ id }) => id}
        empty={t.noNews}
        columns={[
          { head: t.title, cell: ({ title }) => <span className="table-long">{title}</span> },
          {
            head: t.published,
            cell: ({ published_at: published }) => (
              <>
                {dateTime(published)} {published > now && <span className="pill wait">{t.later}</span>}
              </>
            ),
          },
          { head: actions, cell: (news) => <NewsActions news={news} /> },
        ]}
      />
      <Pager page={page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

/** Waits for a change, which everybody's page shows as well. */
function useChange() {
  const client = useQueryClient();
  return async (done: Promise<unknown>) => {
    await done;
    await client.invalidateQueries({ queryKey: ["news"] });
  };
}

const newsOf = (form: FormData) => {
  const published = givenMoment(form, "published");
  return {
    title: given(form, "title") ?? "",
    text: given(form, "text") ?? "",
    ...(published === null ? {} : { published_at: published }),
  };
};

function NewsFields({ news }: { news?: News }) {
  const t = useTexts();
  return (
    <>
      <Field label={t.title} name="title" required maxLength={200} defaultValue={news?.title} />
      <MarkdownField initial={news?.text ?? ""} maxLength={50_000} />
      <Field
        label={t.published}
        name="published"
        type="datetime-local"
        defaultValue={momentValue(news?.published_at)}
      />
    </>
  );
}

function NewsActions({ news }: { news: News }) {
  const t = useTexts();
  const { change: changeText, save, delete: remove } = useAdminTexts();
  const change = useChange();
  const params = { params: { path: { id: news.id } } };
  return (
    <div className="admin-actions">
      <Action
        label={changeText}
        about={news.title}
        title={t.changeNews}
        submit={save}
        run={(form) => change(ask(api.PATCH("/api/news/{id}/", { ...params, body: newsOf(form) })))}
      >
        <NewsFields news={news} />
      </Action>
      <Action
        label={remove}
        about={news.title}
        title={t.deleteNews(news.title)}
        submit={remove}
        isDangerous
        run={() => change(ask(api.DELETE("/api/news/{id}/", params)))}
      >
        <p>{t.cannotUndo}</p>
      </Action>
    </div>
  );
}
