import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { bytes, date } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Segments } from "../../design/segments.tsx";
import { Bars } from "../parts/bars.tsx";
import { Table, type Column } from "../../design/table.tsx";
import { SearchFilter } from "../../design/filters.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { Inspection } from "./inspection.tsx";
import { historyQuery, storedQuery, type Stored, type StorageSearch } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/storage");

/** What the platform stores. */
export function StoragePage() {
  const { pages, csv } = useAdminTexts();
  const search = route.useSearch();
  return (
    <>
      <PageTitle>{pages.storage}</PageTitle>
      <div className="admin-head">
        <h1>{pages.storage}</h1>
        <a className="button" href="/api/analytics/storage_usage_history/?format=csv&start_date=2020-01-01" download>
          {csv}
        </a>
      </div>
      <History />
      <Now search={search} />
      <Inspection />
    </>
  );
}

function History() {
  const t = useTexts();
  const { data: weeks } = useSuspenseQuery(historyQuery);
  const last = weeks.at(-1);
  if (!last) return <p className="card table-empty quiet">{t.noSnapshot}</p>;
  const cards: [number | null, string][] = [
    [last.total_usage, t.total],
    [last.competitions_usage, t.datasets],
    [last.users_usage, t.submissions],
    [last.orphaned_file_usage, t.orphans],
  ];
  return (
    <>
      <ul className="admin-cards">
        {cards.map(([size, label]) => (
          <li key={label} className="card admin-card">
            <b>{size === null ? "–" : bytes(size)}</b>
            <span className="small quiet">{label}</span>
          </li>
        ))}
      </ul>
      <figure className="card admin-panel">
        <figcaption>
          <h2>{t.history}</h2>
        </figcaption>
        <Bars
          label={t.bars(bytes(Math.max(...weeks.map((week) => week.total_usage))))}
          shown={(size) => (size === 0 ? "0" : bytes(size))}
          bars={weeks.map(({ week, total_usage: total }) => ({
            key: week,
            label: t.bar(date(week), bytes(total)),
            tick: date(week),
            value: total,
          }))}
        />
      </figure>
      <details className="admin-details">
        <summary>{t.weeks}</summary>
        <Table
          label={t.weeks}
          rows={weeks.toReversed()}
          rowKey={({ week }) => week}
          empty={t.noSnapshot}
          columns={[
            { head: t.week, cell: ({ week }) => date(week) },
            { head: t.all, cell: (week) => bytes(week.total_usage), isNumber: true },
            { head: t.datasetsColumn, cell: (week) => bytes(week.competitions_usage), isNumber: true },
            { head: t.submissionsColumn, cell: (week) => bytes(week.users_usage), isNumber: true },
          ]}
        />
      </details>
    </>
  );
}

function Now({ search }: { search: StorageSearch }) {
  const t = useTexts();
  const { data } = useSuspenseQuery(storedQuery(search));
  const isOfCompetitions = search.by === "competitions";
  const choices = [
    [t.people, undefined],
    [t.competitions, "competitions"],
  ] as const;
  const sizes: Column<Stored>[] = [
    { head: t.sum, cell: ({ datasets, submissions }) => bytes(datasets + submissions), isNumber: true },
    { head: t.datasetsColumn, cell: ({ datasets }) => bytes(datasets), isNumber: true },
    { head: t.submissionsColumn, cell: ({ submissions }) => bytes(submissions), isNumber: true },
  ];
  return (
    <section className="admin-section">
      <h2>{t.now}</h2>
      <div className="admin-tools">
        <Segments label={t.by}>
          {choices.map(([label, by]) => {
            const current = by === search.by ? "true" : undefined;
            return (
              <Link
                key={label}
                to="/admin/storage/"
                search={{ by }}
                aria-current={current}
                activeOptions={{ exact: true }}
              >
                {label}
              </Link>
            );
          })}
        </Segments>
        {!isOfCompetitions && <SearchFilter label={t.search} value={search.q} />}
      </div>
      <Table
        label={t.now}
        rows={data.rows}
        rowKey={({ id }) => id}
        empty={t.nothing}
        columns={
          isOfCompetitions
            ? [
                {
                  head: t.competition,
                  cell: ({ id, name }) => (
                    <Link to="/competitions/$id/" params={{ id: String(id) }}>
                      {name}
                    </Link>
                  ),
                },
                ...sizes,
                { head: t.organizer, cell: ({ organizer }) => organizer },
              ]
            : [
                {
                  head: t.person,
                  cell: ({ id, name }) => (
                    <Link to="/admin/users/$id/" params={{ id: String(id) }}>
                      {name}
                    </Link>
                  ),
                },
                ...sizes,
                { head: t.quota, cell: ({ quota }) => quota !== null && bytes(quota), isNumber: true },
              ]
        }
      />
      <Pager page={search.page ?? 1} pageSize={pageSize} count={data.count} />
    </section>
  );
}
