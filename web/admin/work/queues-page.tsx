import "./work.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { dateTime, duration, number, relative } from "../../app/format.ts";
import { PageTitle } from "../../app/page-title.tsx";
import { Pager } from "../../competitions/pager.tsx";
import { pageSize } from "../parts/given.ts";
import { Bars } from "../parts/bars.tsx";
import { Table } from "../../design/table.tsx";
import { SearchFilter } from "../../design/filters.tsx";
import { useTexts as useAdminTexts } from "../texts.ts";
import { queuesQuery, type Queue } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/admin/queues");

/** All queues, what waits and runs on them, and their workers. */
export function QueuesPage() {
  const t = useTexts();
  const { pages } = useAdminTexts();
  const search = route.useSearch();
  const { data } = useSuspenseQuery(queuesQuery(search));
  return (
    <>
      <PageTitle>{pages.queues}</PageTitle>
      <div className="admin-head">
        <h1>
          {pages.queues}
          <span className="admin-count numbers">{number(data.count)}</span>
        </h1>
        <SearchFilter label={t.search} value={search.q} />
      </div>
      {data.results.length === 0 && <p className="card table-empty quiet">{t.noQueues}</p>}
      {data.results.map((queue) => (
        <QueueCard key={queue.id} queue={queue} />
      ))}
      <Pager page={search.page ?? 1} pageSize={pageSize} count={data.count} />
    </>
  );
}

function QueueCard({ queue }: { queue: Queue }) {
  const t = useTexts();
  const { name, owner, oldest_waiting_seconds: oldest, max_running: most, history } = queue;
  const numbers: [string, string][] = [
    [number(queue.waiting), t.waiting],
    [number(queue.running), most === null ? t.runningJobs : `${t.runningJobs} ${t.atMost(number(most))}`],
    ...(oldest === null ? [] : [[duration(oldest * 1000), t.oldest] satisfies [string, string]]),
    [number(queue.quarantined), t.quarantined],
  ];
  const done = history.reduce((sum, { succeeded }) => sum + succeeded, 0);
  const failed = history.reduce((sum, hour) => sum + hour.failed, 0);
  return (
    <section className="card admin-panel" aria-label={name}>
      <div className="admin-head">
        <h2 className="admin-queue-name">
          {name} <span className="admin-count">{t.of(owner ?? t.platform)}</span>
        </h2>
        <span className="admin-actions">
          {queue.is_public && <span className="pill">{t.public}</span>}
          {!queue.accepts_jobs && <span className="pill wait">{t.drained}</span>}
        </span>
      </div>
      <ul className="admin-queue-numbers">
        {numbers.map(([count, label]) => (
          <li key={label}>
            <b>{count}</b> {label}
          </li>
        ))}
      </ul>
      <p className="small quiet numbers">{t.lastDay(number(done), number(failed))}</p>
      {done + failed > 0 && (
        <Bars
          label={t.history(name, number(done), number(failed))}
          bars={history.map((hour) => ({
            key: hour.begins,
            label: t.bar(dateTime(hour.begins), number(hour.succeeded), number(hour.failed)),
            tick: dateTime(hour.begins).slice(-5),
            value: hour.succeeded + hour.failed,
          }))}
        />
      )}
      <Workers queue={queue} />
    </section>
  );
}

function Workers({ queue: { name, workers } }: { queue: Queue }) {
  const t = useTexts();
  return (
    <Table
      label={`${t.workers}: ${name}`}
      rows={workers}
      rowKey={({ id }) => id}
      empty={t.noWorkers}
      columns={[
        { head: t.host, cell: ({ host }) => host },
        {
          head: t.state,
          cell: ({ unwell }) =>
            unwell === null ? (
              <span className="pill good">{t.well}</span>
            ) : (
              <span className="table-long">
                <span className="pill bad">{t.unwell}</span> {unwell}
              </span>
            ),
        },
        { head: t.slots, cell: ({ running, slots }) => `${number(running.length)} / ${number(slots)}`, isNumber: true },
        { head: t.launcher, cell: ({ launcher }) => launcher },
        { head: t.version, cell: ({ version }) => version },
        { head: t.lastSeen, cell: ({ last_seen: seen }) => relative(seen) },
      ]}
    />
  );
}
