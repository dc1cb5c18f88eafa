import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { date, dollars, number } from "../../app/format.ts";
import { Segments } from "../../design/segments.tsx";
import { Bars } from "../parts/bars.tsx";
import { Table } from "../../design/table.tsx";
import { daysQuery, spans } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/spend");
const millisecondsPerDay = 86_400_000;

/** Noon of a day, in the reader's time zone: so it is that day everywhere. */
const noon = (day: string) => `${day}T12:00:00`;

/** What jobs cost on each day, of all queues or of one. */
export function SpendByDay() {
  const t = useTexts();
  const navigate = useNavigate();
  const { days = "30", queue } = route.useSearch();
  const { data } = useSuspenseQuery(daysQuery({ days }));
  const queues = new Map(data.map(({ queue: { id, name } }) => [id, name]));
  const rows = data.filter((row) => queue === undefined || row.queue.id === queue);
  const byDay = Map.groupBy(rows, ({ day }) => day);
  const series = Array.from({ length: Number(days) }, (_, at) => {
    const day = new Date(Date.now() - (Number(days) - 1 - at) * millisecondsPerDay).toISOString().slice(0, 10);
    return { day, usd: (byDay.get(day) ?? []).reduce((sum, { usd }) => sum + Number(usd), 0) };
  });
  const total = String(series.reduce((sum, { usd }) => sum + usd, 0));
  return (
    <section className="card admin-panel" aria-labelledby="spend-by-day">
      <div className="admin-head">
        <h2 id="spend-by-day">{t.byDay}</h2>
        <Segments label={t.span}>
          {spans.map((span) => (
            <Link
              key={span}
              to="/admin/spend/"
              search={{ queue, days: span === "30" ? undefined : span }}
              resetScroll={false}
              aria-current={span === days ? "true" : undefined}
              activeProps={{ "aria-current": span === days ? "true" : undefined }}
            >
              {t.days(number(Number(span)))}
            </Link>
          ))}
        </Segments>
      </div>
      {data.length === 0 ? (
        <p className="quiet">{t.nothingSpent}</p>
      ) : (
        <>
          <label className="admin-spend-queue">
            <span className="small quiet">{t.queue}</span>
            <select
              className="input"
              value={queue ?? ""}
              onChange={({ target: { value } }) =>
                void navigate({
                  to: "/admin/spend/",
                  search: (before) => ({ ...before, queue: value || undefined }),
                  resetScroll: false,
                })
              }
            >
              <option value="">{t.allQueues}</option>
              {[...queues].map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <p className="numbers">
            <b>{t.inAll(dollars(total), number(Number(days)))}</b>
          </p>
          <Bars
            label={t.daysChart(number(Number(days)), dollars(total))}
            shown={(value) => dollars(String(value))}
            bars={series.map(({ day, usd }) => ({
              key: day,
              label: t.onDay(date(noon(day)), dollars(String(usd))),
              tick: day.slice(5),
              value: usd,
            }))}
          />
          <details className="admin-details">
            <summary>{t.asTable}</summary>
            <Table
              label={t.byDay}
              rows={rows}
              rowKey={({ day, queue: { id } }) => `${day} ${id}`}
              empty={t.nothingSpent}
              columns={[
                { head: t.day, cell: ({ day }) => date(noon(day)) },
                { head: t.queue, cell: ({ queue: { name } }) => name },
                { head: t.attempts, cell: ({ attempts }) => number(attempts), isNumber: true },
                { head: t.paid, cell: ({ usd }) => dollars(usd), isNumber: true },
              ]}
            />
          </details>
        </>
      )}
      <p className="small quiet">{t.aboutDays}</p>
    </section>
  );
}
