import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { number } from "../../app/format.ts";
import { locale } from "../../app/language.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Field } from "../../design/field.tsx";
import { Segments } from "../../design/segments.tsx";
import { Bars } from "../parts/bars.tsx";
import { Table } from "../../design/table.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { Exports } from "./exports.tsx";
import { dayOf, periodOf, units, usageParameters, usageQuery, type UsageSearch } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/usage");

/** A unit of time in words. Days are UTC days. */
function named(day: string, unit: (typeof units)[number], length: "short" | "long"): string {
  if (unit === "year") return day.slice(0, 4);
  const options: Intl.DateTimeFormatOptions = {
    month: "short",
    ...(unit === "day" && { day: "numeric" }),
    ...(length === "long" && { year: "numeric" }),
    timeZone: "UTC",
  };
  return new Intl.DateTimeFormat(locale(), options).format(new Date(day));
}

/** How the platform grows. */
export function UsagePage() {
  const t = useTexts();
  const { pages, csv } = useAdminTexts();
  const search = route.useSearch();
  const unit = search.unit ?? "day";
  const { data } = useSuspenseQuery(usageQuery(search));
  const table = new URLSearchParams({ ...usageParameters(search), format: "csv" });
  const cards: [number, string][] = [
    [data.registered_user_count, t.people],
    [data.submissions_made_count, t.submissions],
    [data.competition_count, t.competitions],
    [data.competitions_published_count, t.published],
  ];
  const series = { submissions: data.submissions_data, users: data.users_data, competitions: data.competitions_data };
  const rows = data.users_data.map(({ _datefield: day, count }, at) => ({
    day,
    users: count,
    competitions: data.competitions_data[at]?.count ?? 0,
    submissions: data.submissions_data[at]?.count ?? 0,
  }));
  return (
    <>
      <PageTitle>{pages.usage}</PageTitle>
      <div className="admin-head">
        <h1>{pages.usage}</h1>
        <a className="button" href={`/api/analytics/?${table}`} download>
          {csv}
        </a>
      </div>
      <Period search={search} />
      <ul className="admin-cards">
        {cards.map(([count, label]) => (
          <li key={label} className="card admin-card">
            <b>{number(count)}</b>
            <span className="small quiet">{label}</span>
          </li>
        ))}
      </ul>
      {Object.entries(series).map(([name, points]) => {
        const title = t.per[name as keyof typeof series][unit];
        const most = Math.max(0, ...points.map(({ count }) => count));
        return (
          <figure key={name} className="card admin-panel">
            <figcaption>
              <h2>{title}</h2>
            </figcaption>
            <Bars
              label={t.bars(title, number(most))}
              bars={points.map(({ _datefield: day, count }) => ({
                key: day,
                label: t.bar(named(day, unit, "long"), number(count)),
                tick: named(day, unit, "short"),
                value: count,
              }))}
            />
          </figure>
        );
      })}
      <details className="admin-details">
        <summary>{t.table}</summary>
        <Table
          label={t.table}
          rows={rows.toReversed()}
          rowKey={({ day }) => day}
          empty={t.utc}
          columns={[
            { head: t.when, cell: ({ day }) => named(day, unit, "long") },
            { head: t.usersColumn, cell: ({ users }) => number(users), isNumber: true },
            { head: t.competitionsColumn, cell: ({ competitions }) => number(competitions), isNumber: true },
            { head: t.submissionsColumn, cell: ({ submissions }) => number(submissions), isNumber: true },
          ]}
        />
      </details>
      <p className="small quiet">{t.utc}</p>
      <Exports />
    </>
  );
}

function Period({ search }: { search: UsageSearch }) {
  const t = useTexts();
  const navigate = useNavigate();
  const { from, to } = periodOf(search);
  return (
    <div className="admin-tools">
      <Segments label={t.unit}>
        {units.map((unit) => {
          const current = unit === (search.unit ?? "day") ? "true" : undefined;
          return (
            <Link
              key={unit}
              to="/admin/usage/"
              search={{ unit: unit === "day" ? undefined : unit }}
              aria-current={current}
              activeOptions={{ exact: true }}
            >
              {t.units[unit]}
            </Link>
          );
        })}
      </Segments>
      <form
        key={`${from} ${to}`}
        className="admin-period"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          void navigate({
            to: "/admin/usage/",
            search: { unit: search.unit, from: dayOf(form.get("from")), to: dayOf(form.get("to")) },
          });
        }}
      >
        <Field label={t.from} name="from" type="date" required defaultValue={from} max={to} />
        <Field label={t.to} name="to" type="date" required defaultValue={to} />
        <button className="button">{t.show}</button>
      </form>
    </div>
  );
}
