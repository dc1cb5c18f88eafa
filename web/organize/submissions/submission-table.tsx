import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { changed } from "../../app/address.ts";
import { between, bytes, dateTime, dollars, number, relative, took } from "../../app/format.ts";
import type { Competition } from "../../competitions/queries.ts";
import { primaryColumn } from "../../my-submissions/own-scores.ts";
import { toneOf, useStatusTexts } from "../../submissions/status.ts";
import type { Submission } from "../queries.ts";
import { SelectAll, SelectRow, SortHeader, Table, type Selection } from "../table-parts.tsx";
import { useOrganizeTexts } from "../texts.ts";
import { ScoreDialog } from "./score-dialog.tsx";
import { useTexts } from "./texts.ts";

export function SubmissionTable(props: {
  competition: Competition;
  rows: Submission[];
  selection: Selection;
  sort: string | undefined;
}) {
  const t = useTexts();
  const [edited, setEdited] = useState<number>();
  const { competition, rows, selection, sort } = props;
  const primary = primaryColumn(competition);
  const order = { sort, standard: "-id", isDescendingFirst: true };
  const submission = rows.find(({ id }) => id === edited);
  return (
    <>
      <Table label={t.title}>
        <thead>
          <tr>
            <SelectAll selection={selection} page={rows.map(({ id }) => id)} />
            <SortHeader {...order} by="id">
              {t.submission}
            </SortHeader>
            <SortHeader {...order} isDescendingFirst={false} by="owner">
              {t.who}
            </SortHeader>
            {competition.phases.length > 1 && <th scope="col">{t.phase}</th>}
            <SortHeader {...order} isDescendingFirst={false} by="status">
              {t.statusHead}
            </SortHeader>
            <th scope="col" className="number">
              {primary?.title ?? t.scores}
            </th>
            <th scope="col">{t.host}</th>
            <th scope="col" className="number">
              {t.took}
            </th>
            <th scope="col" className="number">
              {t.memory}
            </th>
            <th scope="col" className="number">
              {t.cost}
            </th>
            <th scope="col">{t.submitted}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              competition={competition}
              primary={primary?.key}
              selection={selection}
              onEdit={() => setEdited(row.id)}
            />
          ))}
        </tbody>
      </Table>
      {submission && (
        <ScoreDialog competition={competition} submission={submission} onClose={() => setEdited(undefined)} />
      )}
    </>
  );
}

function Row(props: {
  row: Submission;
  competition: Competition;
  primary: string | undefined;
  selection: Selection;
  onEdit: () => void;
}) {
  const t = useTexts();
  const statuses = useStatusTexts();
  const common = useOrganizeTexts();
  const { row, competition, primary, selection, onEdit } = props;
  const { id, run, status, started_when: started, finished_when: finished } = row;
  const own = row.scores.filter(({ column_key }) => column_key === primary);
  // A submission to several tasks shows a score here only if there is one over all of them.
  const score = own.find(({ task_id }) => task_id === null) ?? (own.length === 1 ? own[0] : undefined);
  const shown = score ? number(Number(score.score), { maximumFractionDigits: 6 }) : t.scores;
  return (
    <tr data-selected={selection.ids.has(id)}>
      <SelectRow selection={selection} id={id} name={`#${id}`} />
      <th scope="row">
        <a href={`/competitions/${competition.id}/submissions/${id}/`}>#{id}</a>
      </th>
      <td>
        <Link className="submission-owner" title={t.ownerFilter(row.owner)} {...changed({ owner: row.owner })}>
          {row.organization?.name ?? row.owner}
        </Link>
      </td>
      {competition.phases.length > 1 && <td>{row.phase_name}</td>}
      <td>
        <span className={`pill ${toneOf(status)}`}>{statuses[status]}</span>
        {run?.failure && (
          <span className="submission-failure" title={run.failure}>
            {run.failure}
          </span>
        )}
      </td>
      <td className="number">
        {row.scores.length === 0 ? (
          common.none
        ) : (
          <button
            type="button"
            className="org-link-button"
            aria-label={`${shown}, ${t.editLabel(id)}`}
            title={t.editTitle}
            onClick={onEdit}
          >
            {shown}
          </button>
        )}
      </td>
      <td className="quiet">{run?.host ?? common.none}</td>
      <td className="number">{started && finished ? took(between(started, finished)) : common.none}</td>
      <td className="number">{run?.peak_memory_bytes == null ? common.none : bytes(run.peak_memory_bytes)}</td>
      <td className="number">{run?.cost_usd == null ? common.none : dollars(run.cost_usd)}</td>
      <td className="quiet">
        <time dateTime={row.created_when} title={dateTime(row.created_when)}>
          {relative(row.created_when)}
        </time>
      </td>
    </tr>
  );
}
