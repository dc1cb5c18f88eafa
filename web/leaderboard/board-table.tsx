import { Link, useRouterState } from "@tanstack/react-router";
import { dateTime, number, relative } from "../app/format.ts";
import type { Competition } from "../competitions/queries.ts";
import { ScrolledTable } from "../design/table.tsx";
import { Avatar } from "../people/avatar.tsx";
import { factColumn, hiddenColumns, submittedColumn } from "./columns-menu.tsx";
import { type Board, type BoardAddress, type Column, here, type Row, sortOf, type Task } from "./queries.ts";
import { cellKey, cellsOf, scoreWriter } from "./scores.ts";
import { useTexts } from "./texts.ts";

interface TableProps {
  competition: Competition;
  board: Board;
  /** The reader's best row, if it is not among those of the board. */
  pinned: Row | undefined;
  address: BoardAddress;
}

/** The rows of a page. The columns of a task stand together; rank and name stay in sight. */
export function BoardTable({ competition, board, pinned, address }: TableProps) {
  const t = useTexts();
  const hidden = hiddenColumns(address);
  // A link to a row. Browsers mark it only if they load the page with it.
  const linked = useRouterState({ select: ({ location }) => location.hash });
  const tasks = board.tasks
    .map((task) => ({ ...task, columns: task.columns.filter(({ key }) => !hidden.has(key)) }))
    .filter(({ columns }) => columns.length > 0);
  const facts = (board.fact_sheet_keys ?? [])
    .map(([key = "", title = ""]) => ({ key, title }))
    .filter(({ key }) => !hidden.has(factColumn(key)));
  const hasDetails = competition.enable_detailed_results && competition.show_detailed_results_in_leaderboard;
  const rows = pinned ? [pinned, ...board.submissions] : board.submissions;
  const write = scoreWriter({ submissions: rows }, address.digits === "all");
  const meter = primaryMeter(board, tasks, rows);
  return (
    <ScrolledTable label={t.scroll} isSticky className="board-table">
      <caption className="hidden">
        {board.title}. {board.ranking}
      </caption>
      <thead>
        {tasks.length > 1 && (
          <tr className="group-row">
            <td colSpan={2} className="stuck" />
            {board.overall_title !== null && <td />}
            {tasks.map(({ id, name, columns }) => (
              <th key={id} scope="colgroup" colSpan={columns.length} className="group">
                {name}
              </th>
            ))}
            {facts.length > 0 && <td colSpan={facts.length} className="group" />}
            {!hidden.has(submittedColumn) && <td className="group" />}
            {hasDetails && <td />}
          </tr>
        )}
        <tr>
          <SortHeader address={address} by="rank" label={t.rank} className="stuck rank">
            <span aria-hidden="true">#</span>
          </SortHeader>
          <SortHeader address={address} by="owner" label={t.participant} className="stuck who">
            {t.participant}
          </SortHeader>
          {board.overall_title !== null && (
            <th scope="col" className="score">
              {board.overall_title}
            </th>
          )}
          {tasks.flatMap(({ id, columns }) =>
            columns.map((column, at) => (
              <SortHeader
                key={cellKey(id, column.key)}
                address={address}
                by={`${column.key}@${id}`}
                startsDescending={column.sorting === "desc"}
                label={column.title}
                className={at === 0 ? "score group" : "score"}
              >
                {column.title}
              </SortHeader>
            )),
          )}
          {facts.map(({ key, title }, at) => (
            <th key={key} scope="col" className={at === 0 ? "group" : ""}>
              {title}
            </th>
          ))}
          {!hidden.has(submittedColumn) && (
            <SortHeader address={address} by="created_when" startsDescending label={t.submitted} className="group">
              {t.submitted}
            </SortHeader>
          )}
          {hasDetails && <th scope="col">{t.details}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const cells = cellsOf(row);
          return (
            <tr
              key={row === pinned ? "own" : row.id}
              id={`s${row.id}`}
              data-mine={row.mine}
              data-pinned={row === pinned}
              data-linked={linked === `s${row.id}`}
            >
              <td className="stuck rank">
                <Rank rank={row.rank} />
              </td>
              <th scope="row" className="stuck who">
                <Who row={row} />
              </th>
              {board.overall_title !== null && <td className="score">{row.overall ?? "–"}</td>}
              {tasks.flatMap((task) =>
                task.columns.map((column, at) => {
                  const cell = cells.get(cellKey(task.id, column.key));
                  const isMetered = meter !== undefined && meter.task === task.id && meter.column === column;
                  return (
                    <td
                      key={cellKey(task.id, column.key)}
                      className={at === 0 ? "score group" : "score"}
                      data-primary={column.index === board.primary_index}
                    >
                      {isMetered && <Meter fraction={cell ? meter.fractionOf(Number(cell.raw_score)) : 0} />}
                      {cell ? write(task.id, column, cell) : "–"}
                    </td>
                  );
                }),
              )}
              {facts.map(({ key }, at) => (
                <td key={key} className={at === 0 ? "fact group" : "fact"}>
                  {asText(row.fact_sheet_answers?.[key])}
                </td>
              ))}
              {!hidden.has(submittedColumn) && (
                <td className="group">
                  <Link
                    from={here.from}
                    to="/competitions/$id/submissions/$submission/"
                    params={{ id: String(competition.id), submission: String(row.id) }}
                    search={({ secret_key }) => ({ secret_key })}
                    className="details"
                  >
                    <time dateTime={row.created_when} title={dateTime(row.created_when)}>
                      {relative(row.created_when)}
                    </time>
                    <span className="hidden">{t.submissionOf(row.owner)}</span>
                  </Link>
                </td>
              )}
              {hasDetails && (
                <td>
                  {row.detailed_results.map(({ id, task }) => (
                    <a key={id} href={`/competitions/${competition.id}/detailed_results/${id}/`} className="details">
                      {board.tasks.length > 1 ? board.tasks.find((one) => one.id === task)?.name : t.details}
                      <span className="hidden">{t.detailsOf(row.owner)}</span>
                    </a>
                  ))}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </ScrolledTable>
  );
}

/** A column's title, which sorts by it: best first, then the other way round, then by rank again. */
function SortHeader(props: {
  address: BoardAddress;
  by: string;
  /** Whether the greatest comes first at the first press. */
  startsDescending?: boolean;
  label: string;
  className: string;
  children: React.ReactNode;
}) {
  const { address, by, startsDescending = false, label, className, children } = props;
  const now = address.sort ?? "rank";
  const [first, second] = startsDescending ? [`-${by}`, by] : [by, `-${by}`];
  const next = now === first ? second : now === second ? undefined : first;
  const isOn = now === first || now === second;
  const direction = sortOf(now).descending ? "descending" : "ascending";
  return (
    <th scope="col" className={className} aria-sort={isOn ? direction : undefined}>
      <Link
        {...here}
        search={(before) => ({ ...before, page: undefined, sort: next === "rank" ? undefined : next })}
        resetScroll={false}
        className="sort"
        aria-label={label}
        activeProps={{ "aria-current": undefined }}
      >
        {children}
        {isOn && <span aria-hidden="true">{direction === "ascending" ? " ↑" : " ↓"}</span>}
      </Link>
    </th>
  );
}

/** The first three have a ring. */
const Rank = ({ rank }: { rank: number }) => (
  <span className="rank-number" data-medal={rank <= 3 ? rank : undefined}>
    {number(rank)}
  </span>
);

function Who({ row: { owner, username, avatar, organization, mine } }: { row: Row }) {
  const t = useTexts();
  const name = organization?.name ?? owner;
  return (
    <span className="who-row">
      <Avatar name={name} photo={organization ? null : avatar} />
      {organization ? (
        <Link to="/profiles/organization/$id/" params={{ id: String(organization.id) }} className="who-name">
          {name}
        </Link>
      ) : username === null ? (
        <span className="who-name">{name}</span>
      ) : (
        <Link to="/profiles/user/$name/" params={{ name: username }} className="who-name">
          {name}
        </Link>
      )}
      {mine && <span className="you">{t.you}</span>}
    </span>
  );
}

/** How far a score reaches between 0, or the worst score shown, and the greatest. */
function primaryMeter(board: Board, tasks: readonly Task[], rows: readonly Row[]) {
  const [task] = tasks;
  const column: Column | undefined = task?.columns.find(({ index }) => index === board.primary_index);
  if (!task || !column) return undefined;
  const values = rows.flatMap((row) => {
    const cell = cellsOf(row).get(cellKey(task.id, column.key));
    return cell ? [Number(cell.raw_score)] : [];
  });
  const low = Math.min(0, ...values);
  const range = Math.max(0, ...values) - low;
  return {
    task: task.id,
    column,
    fractionOf: (value: number) => (range === 0 ? 0 : (value - low) / range),
  };
}

const Meter = ({ fraction }: { fraction: number }) => (
  <svg className="meter" width="56" height="6" viewBox="0 0 56 6" aria-hidden="true">
    <rect width={Math.max(0, 56 * fraction)} height="6" rx="3" />
  </svg>
);

/** An answer of a fact sheet: a text, or yes or no of a checkbox. */
const asText = (answer: unknown): string =>
  typeof answer === "string" || typeof answer === "number"
    ? String(answer)
    : answer === true
      ? "✓"
      : answer === false || answer === null || answer === undefined
        ? "–"
        : JSON.stringify(answer);
