import "../design/record-table.css";
import "./resources.css";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { bytes, dateTime, number } from "../app/format.ts";
import { PageTitle } from "../app/page-title.tsx";
import { Pager } from "../competitions/pager.tsx";
import { SelectFilter } from "../design/filters.tsx";
import { toneOf, useStatusTexts } from "../submissions/status.ts";
import { runStatuses, runsQuery, type Run } from "./queries.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/server_status");

/** Submissions and where they run: the reader's own, and those to their competitions and queues. */
export function ServerStatusPage() {
  const t = useTexts();
  const statuses = useStatusTexts();
  const address = route.useSearch();
  const { data } = useSuspenseQuery(runsQuery(address));
  return (
    <div className="wrap resources">
      <PageTitle>{t.serverStatus}</PageTitle>
      <h1 className="resources-title">
        {t.serverStatus} <span className="resources-count quiet numbers">{number(data.count)}</span>
      </h1>
      <p className="quiet resources-about">{t.serverStatusAbout}</p>
      <div className="resources-tools">
        <SelectFilter
          name="status"
          label={t.state}
          all={t.allStates}
          value={address.status}
          choices={runStatuses.map((status) => [status, statuses[status]])}
        />
      </div>
      {data.results.length > 0 ? (
        <div className="card">
          <table className="record-table">
            <thead>
              <tr>
                <th scope="col" className="wide tight">
                  {t.submission}
                </th>
                <th scope="col">{t.competition}</th>
                <th scope="col" className="wide">
                  {t.by}
                </th>
                <th scope="col">{t.state}</th>
                <th scope="col" className="wide">
                  {t.queue}
                </th>
                <th scope="col" className="wide">
                  {t.host}
                </th>
                <th scope="col" className="wide number">
                  {t.size}
                </th>
                <th scope="col" className="wide tight">
                  {t.submitted}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.results.map((run) => (
                <Row key={run.id} run={run} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div className="card resources-none">
          {address.status === undefined ? (
            <p className="quiet">{t.noRuns}</p>
          ) : (
            <p>
              {t.noMatch}{" "}
              <Link to="/server_status/" search={{}}>
                {t.clear}
              </Link>
            </p>
          )}
        </div>
      )}
      <Pager page={address.page ?? 1} pageSize={50} count={data.count} />
    </div>
  );
}

function Row({ run }: { run: Run }) {
  const t = useTexts();
  const statuses = useStatusTexts();
  const id = run.permissions.view ? (
    <Link
      to="/competitions/$id/submissions/$submission/"
      params={{ id: String(run.competition), submission: String(run.id) }}
    >
      #{run.id}
    </Link>
  ) : (
    `#${run.id}`
  );
  return (
    <tr>
      <td className="wide tight">{id}</td>
      <th scope="row">
        <Link to="/competitions/$id/" params={{ id: String(run.competition) }}>
          {run.competition_title}
        </Link>
        <p className="small quiet">
          <span className="narrow">{id} · </span>
          {run.phase_name}
        </p>
      </th>
      <td className="wide">{run.owner ?? t.anonymous}</td>
      <td>
        <span className={`pill ${toneOf(run.status)}`}>{statuses[run.status]}</span>
      </td>
      <td className="wide">{run.queue ?? "–"}</td>
      <td className="wide">{run.host ?? "–"}</td>
      <td className="wide number">{run.file_size === null ? "–" : bytes(run.file_size)}</td>
      <td className="wide tight">{dateTime(run.created_when)}</td>
    </tr>
  );
}
