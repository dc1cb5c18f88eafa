import "../design/record-table.css";
import "./queues-page.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "../api/session.ts";
import { duration, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Pager } from "../competitions/pager.tsx";
import { SearchFilter } from "../design/filters.tsx";
import { Segments } from "../design/segments.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { Health } from "./health.tsx";
import { pageSize, queuesQuery, type Queue, type QueueStatus } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/queues");
const to = "/queues/";

/** The queues that the reader owns or shares, and public ones. */
export function QueuesPage() {
  const t = useTexts();
  const address = route.useSearch();
  const { permissions } = useSession();
  const { data } = useSuspenseQuery(queuesQuery(address));
  const [creating, setCreating] = useState(false);
  const create = permissions.organize && (
    <button type="button" className="button main" onClick={() => setCreating(true)}>
      {t.create}
    </button>
  );
  return (
    <div className="wrap queues">
      <PageTitle>{t.title}</PageTitle>
      <div className="queues-head">
        <h1 className="queues-title">{t.title}</h1>
        {create}
      </div>
      <p className="quiet queues-about">{t.about}</p>
      <div className="queues-tools">
        <SearchFilter label={t.find} value={address.q} />
        <Segments label={t.show.label}>
          {([undefined, "all"] as const).map((show) => (
            <Link
              key={show ?? "own"}
              to={to}
              search={{ ...address, page: undefined, show }}
              aria-current={address.show === show ? "true" : undefined}
              activeOptions={{ exact: true, explicitUndefined: true }}
            >
              {show === undefined ? t.show.own : t.show.all}
            </Link>
          ))}
        </Segments>
      </div>
      {data.results.length > 0 ? (
        <Queues queues={data.results} statuses={data.statuses} />
      ) : (
        <div className="card queues-none">
          {address.q === undefined ? (
            <>
              <h2>{t.none}</h2>
              <p className="quiet">{t.noneAbout}</p>
            </>
          ) : (
            <p>
              {t.noMatch}{" "}
              <Link to={to} search={{ show: address.show }}>
                {t.clear}
              </Link>
            </p>
          )}
        </div>
      )}
      <Pager page={address.page ?? 1} pageSize={pageSize} count={data.count} />
      {creating && <CreateDialog onClose={() => setCreating(false)} />}
    </div>
  );
}

function Queues({ queues, statuses }: { queues: Queue[]; statuses: QueueStatus[] }) {
  const t = useTexts();
  return (
    <div className="card">
      <table className="record-table">
        <thead>
          <tr>
            <th scope="col">{t.columns.queue}</th>
            <th scope="col" className="wide">
              {t.columns.health}
            </th>
            <th scope="col" className="number">
              {t.columns.waiting}
            </th>
            <th scope="col" className="number">
              {t.columns.running}
            </th>
            <th scope="col" className="number wide">
              {t.columns.quarantined}
            </th>
            <th scope="col" className="wide">
              {t.columns.competitions}
            </th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <Row key={queue.id} queue={queue} status={statuses.find(({ id }) => id === queue.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ queue, status }: { queue: Queue; status: QueueStatus | undefined }) {
  const t = useTexts();
  const { id, name, competitions } = queue;
  return (
    <tr>
      <th scope="row">
        <Link to="/queues/$id/" params={{ id }} className="record-name">
          {name}
        </Link>
        <p className="small quiet">{t.whose(queue)}</p>
        <p className="narrow">
          <Health queue={queue} status={status} />
        </p>
      </th>
      <td className="wide">
        <Health queue={queue} status={status} />
      </td>
      <td className="number">
        {status ? number(status.waiting) : "–"}
        {status?.oldest_waiting_seconds != null && (
          <p className="quiet">{t.since(duration(status.oldest_waiting_seconds * 1000))}</p>
        )}
      </td>
      <td className="number">{status ? number(status.running) : "–"}</td>
      <td className="number wide">
        {status && status.quarantined > 0 ? <span className="pill bad">{number(status.quarantined)}</span> : "–"}
      </td>
      <td className="wide">
        {competitions.length === 0
          ? "–"
          : competitions.slice(0, 3).map(({ id, title }) => (
              <p key={id}>
                <Link to="/competitions/$id/" params={{ id: String(id) }}>
                  {title}
                </Link>
              </p>
            ))}
        {competitions.length > 3 && <p className="quiet">{t.more(competitions.length - 3)}</p>}
      </td>
    </tr>
  );
}
