import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { number } from "../app/format.ts";
import type { Phase } from "../competitions/queries.ts";
import { Distribution } from "./distribution.tsx";
import { type Board, type BoardAddress, here, historyQuery, plottedTask } from "./queries.ts";
import { ScorePlot } from "./score-plot.tsx";
import { shortScore } from "./scores.ts";
import { useTexts } from "./texts.ts";

const route = getRouteApi("/competitions/$id/leaderboard");

/** How scores came to be, and how they are spread. There is nothing to draw of fewer than two. */
export function Charts({ phase, board, address }: { phase: Phase; board: Board; address: BoardAddress }) {
  const t = useTexts();
  const { secret_key: secretKey } = route.useSearch();
  const { data: history } = useSuspenseQuery(historyQuery(phase.id, address, board, secretKey));
  const { column } = history;
  const points = history.points.map((point) => ({
    id: point.id,
    score: Number(point.score),
    time: new Date(point.submitted_when).getTime(),
    mine: point.mine,
    isRecord: point.is_record,
  }));
  if (column === null || points.length < 2) return null;
  const best = (column.sorting === "desc" ? Math.max : Math.min)(...points.map(({ score }) => score));
  const task = board.tasks.length > 1 ? plottedTask(board, address) : undefined;
  const [own] = board.mine;
  return (
    <div className="charts">
      <figure className="card chart">
        <figcaption className="chart-head small">
          <span>
            <b>{column.title}</b> <span className="quiet">{t.overTime(task?.name ?? null)}</span>
          </span>
          {task && <TaskChoice board={board} chosen={task.id} />}
          <span className="quiet numbers">{t.best(shortScore(best))}</span>
        </figcaption>
        <ScorePlot points={points} column={column} best={best} />
      </figure>
      <figure className="card chart">
        <figcaption className="chart-head small">
          <b>{t.distribution}</b>
          {own && <span className="quiet numbers">{t.youAre(number(own.rank), number(board.count))}</span>}
        </figcaption>
        <Distribution points={points} column={column} />
      </figure>
    </div>
  );
}

function TaskChoice({ board, chosen }: { board: Board; chosen: number }) {
  const t = useTexts();
  const navigate = useNavigate();
  return (
    <select
      className="chart-task"
      aria-label={t.plotted}
      value={chosen}
      onChange={({ target }) =>
        void navigate({
          ...here,
          replace: true,
          resetScroll: false,
          search: (before) => ({ ...before, plot: target.value }),
        })
      }
    >
      {board.tasks.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
