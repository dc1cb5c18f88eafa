import { between, bytes, dateTime, dollars, relative, took } from "../app/format.ts";
import type { Competition } from "../competitions/queries.ts";
import { ScrolledTable } from "../design/table.tsx";
import { ownScores, primaryColumn } from "./own-scores.ts";
import { type Listed, submissionPath } from "./queries.ts";
import { RowMenu } from "./row-menu.tsx";
import { StatusPill } from "./status-pill.tsx";
import { useTexts } from "./texts.ts";

/** A row for each submission. A failed one says why. */
export function MineTable({ competition, submissions }: { competition: Competition; submissions: Listed[] }) {
  const t = useTexts();
  const column = primaryColumn(competition);
  const hasPhases = competition.phases.length > 1;
  return (
    <ScrolledTable label={t.scroll}>
      <caption className="hidden">{t.title}</caption>
      <thead>
        <tr>
          <th scope="col">{t.columns.submission}</th>
          <th scope="col">{t.columns.status}</th>
          {column && (
            <th scope="col" className="number">
              {column.title}
            </th>
          )}
          {hasPhases && <th scope="col">{t.columns.phase}</th>}
          <th scope="col">{t.columns.submitted}</th>
          <th scope="col" className="number">
            {t.columns.took}
          </th>
          <th scope="col" className="number">
            {t.columns.memory}
          </th>
          <th scope="col" className="number">
            {t.columns.cost}
          </th>
          <td />
        </tr>
      </thead>
      <tbody>
        {submissions.map((submission) => (
          <MineRow key={submission.id} competition={competition} submission={submission} hasPhases={hasPhases} />
        ))}
      </tbody>
    </ScrolledTable>
  );
}

function MineRow(props: { competition: Competition; submission: Listed; hasPhases: boolean }) {
  const { competition, submission, hasPhases } = props;
  const t = useTexts();
  const { id, filename, status, status_details: why, started_when: start, finished_when: end, run } = submission;
  const column = primaryColumn(competition);
  return (
    <tr>
      <th scope="row">
        <a href={submissionPath(submission)}>#{id}</a>{" "}
        <span className="mine-file" title={submission.is_soft_deleted ? undefined : filename}>
          {submission.is_soft_deleted ? t.deleted : filename}
        </span>
      </th>
      <td className="mine-status">
        <StatusPill submission={submission} asks /> {submission.is_public && <span className="pill">{t.public}</span>}
        {status === "Failed" && why && <p className="mine-why">{why}</p>}
      </td>
      {column && (
        <td className="number">
          {ownScores(competition, submission).map(({ task, score }) => (
            <div key={task}>
              {task !== null && <span className="quiet">{task} </span>}
              <b>{score}</b>
            </div>
          ))}
        </td>
      )}
      {hasPhases && <td>{submission.phase_name}</td>}
      <td>
        <time dateTime={submission.created_when} title={dateTime(submission.created_when)}>
          {relative(submission.created_when)}
        </time>
      </td>
      <td className="number">{start !== null && end !== null && took(between(start, end))}</td>
      <td className="number">{run?.peak_memory_bytes != null && bytes(run.peak_memory_bytes)}</td>
      <td className="number">{run?.cost_usd != null && dollars(run.cost_usd)}</td>
      <td className="record-actions">
        <RowMenu competition={competition} submission={submission} />
      </td>
    </tr>
  );
}
