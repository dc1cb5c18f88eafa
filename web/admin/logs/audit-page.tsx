import "./logs.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { number } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { oneOf, text } from "../../app/search-params.ts";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Field, Select } from "../../design/field.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { EventTable } from "../../audit/event-table.tsx";
import { auditParameters, auditQuery, subjects, type AuditSearch } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/audit");

/** Who changed what on the whole platform, and why. */
export function AuditPage() {
  const t = useTexts();
  const { pages, csv } = useAdminTexts();
  const search = route.useSearch();
  const { data } = useSuspenseQuery(auditQuery(search));
  const table = new URLSearchParams({ format: "csv", ...(auditParameters(search) as Record<string, string>) });
  return (
    <>
      <PageTitle>{pages.audit}</PageTitle>
      <div className="admin-head">
        <h1>
          {pages.audit}
          <span className="admin-count numbers">{number(data.count)}</span>
        </h1>
        <a className="button" href={`/api/audit/all/?${table}`} download>
          {csv}
        </a>
      </div>
      <Filter search={search} />
      <EventTable label={pages.audit} events={data.results} empty={t.nothing} />
      <Pager page={search.page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

function Filter({ search }: { search: AuditSearch }) {
  const t = useTexts();
  const { filter } = useAdminTexts();
  const navigate = useNavigate();
  const find = (form: FormData) =>
    void navigate({
      to: "/admin/audit/",
      search: {
        q: text(form.get("q")),
        who: text(form.get("who")),
        subject: oneOf(form.get("subject"), subjects),
        since: text(form.get("since")),
        until: text(form.get("until")),
      },
    });
  return (
    <form
      // Another address has other values.
      key={JSON.stringify(search)}
      role="search"
      aria-label={t.search}
      className="audit-filter"
      onSubmit={(event) => {
        event.preventDefault();
        find(new FormData(event.currentTarget));
      }}
    >
      <Field label={t.search} name="q" type="search" defaultValue={search.q} maxLength={260} />
      <Field label={t.username} name="who" autoComplete="off" defaultValue={search.who} maxLength={254} />
      <Select
        label={t.subject}
        name="subject"
        defaultValue={search.subject ?? ""}
        choices={[["", t.subjects], ...subjects.map((subject) => [subject, subject.replaceAll("_", " ")] as const)]}
      />
      <Field label={t.since} name="since" type="date" defaultValue={search.since} />
      <Field label={t.until} name="until" type="date" defaultValue={search.until} />
      <button className="button large">{filter}</button>
    </form>
  );
}
