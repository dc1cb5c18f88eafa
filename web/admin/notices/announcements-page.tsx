import "../../design/record-table.css";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, ask } from "../../api/client.ts";
import { configQuery } from "../../api/session.ts";
import { dateTime } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { oneOf } from "../../app/search-params.ts";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Field, Select } from "../../design/field.tsx";
import { Markdown } from "../../markup/markdown.tsx";
import { given, givenMoment, momentValue } from "../../app/form.ts";
import { Action } from "../parts/action.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { MarkdownField } from "./markdown-field.tsx";
import { announcementsQuery, type Announcement } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/announcements");
const levels = ["info", "warning", "critical"] as const;

/** What is announced above every page, also earlier and later. */
export function AnnouncementsPage() {
  const t = useTexts();
  const { pages } = useAdminTexts();
  const { page } = route.useSearch();
  const { data } = useSuspenseQuery(announcementsQuery(page));
  const change = useChange();
  return (
    <>
      <PageTitle>{pages.announcements}</PageTitle>
      <div className="admin-head">
        <h1>{pages.announcements}</h1>
        <Action
          label={t.announce}
          title={t.announceTitle}
          submit={t.announce}
          run={(form) => change(ask(api.POST("/api/announcements/", { body: announcementOf(form) })))}
        >
          <AnnouncementFields />
        </Action>
      </div>
      <p className="admin-lead quiet">{t.aboutAnnouncements}</p>
      {data.results.length === 0 && <p className="card table-empty quiet">{t.noAnnouncements}</p>}
      {data.results.map((announcement) => (
        <AnnouncementCard key={announcement.id} announcement={announcement} />
      ))}
      <Pager page={page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

/** Waits for a change, which shows above this page as well. */
function useChange() {
  const client = useQueryClient();
  return async (done: Promise<unknown>) => {
    await done;
    await client.invalidateQueries(configQuery);
  };
}

const announcementOf = (form: FormData) => {
  const starts = givenMoment(form, "starts");
  return {
    text: given(form, "text") ?? "",
    level: oneOf(form.get("level"), levels) ?? "info",
    ends_at: givenMoment(form, "ends"),
    ...(starts === null ? {} : { starts_at: starts }),
  };
};

function AnnouncementFields({ announcement }: { announcement?: Announcement }) {
  const t = useTexts();
  return (
    <>
      <MarkdownField initial={announcement?.text ?? ""} maxLength={2000} />
      <Select
        label={t.level}
        name="level"
        defaultValue={announcement?.level ?? "info"}
        choices={levels.map((level) => [level, t.levels[level]] as const)}
      />
      <Field label={t.starts} name="starts" type="datetime-local" defaultValue={momentValue(announcement?.starts_at)} />
      <Field label={t.ends} name="ends" type="datetime-local" defaultValue={momentValue(announcement?.ends_at)} />
    </>
  );
}

function AnnouncementCard({ announcement }: { announcement: Announcement }) {
  const t = useTexts();
  const { change: changeText, save, delete: remove } = useAdminTexts();
  const change = useChange();
  const { id, text, level, starts_at: starts, ends_at: ends } = announcement;
  const now = new Date().toISOString();
  const state = starts > now ? "later" : ends !== null && ends <= now ? "over" : "now";
  const params = { params: { path: { id } } };
  return (
    <article className="card admin-panel">
      <div className="admin-head">
        <span className="admin-actions">
          <span className={`pill ${{ now: "good", later: "wait", over: "" }[state]}`}>{t[state]}</span>
          <span className="pill">{t.levels[level]}</span>
        </span>
        <span className="admin-actions">
          <Action
            label={changeText}
            title={t.changeTitle}
            submit={save}
            run={(form) =>
              change(ask(api.PATCH("/api/announcements/{id}/", { ...params, body: announcementOf(form) })))
            }
          >
            <AnnouncementFields announcement={announcement} />
          </Action>
          <Action
            label={remove}
            title={t.deleteAnnouncement}
            submit={remove}
            isDangerous
            run={() => change(ask(api.DELETE("/api/announcements/{id}/", params)))}
          >
            <p>{t.cannotUndo}</p>
          </Action>
        </span>
      </div>
      <Markdown source={text} />
      <p className="small quiet">
        {t.from(dateTime(starts))} {ends && t.until(dateTime(ends))}
      </p>
    </article>
  );
}
