import "./charts.css";
import { date, dateTime, number } from "../app/format.ts";
import { scale, ticks, useWidth, type Point } from "./scale.ts";
import { shortScore } from "./scores.ts";
import { useTexts } from "./texts.ts";

const height = 204;
const inset = { top: 12, right: 8, bottom: 28, left: 44 };

/** A dot for each score, a line for the best so far, and the reader's own dots in a colour of their own. */
export function ScorePlot({ points, column, best }: { points: Point[]; column: { title: string }; best: number }) {
  const t = useTexts();
  const [element, width] = useWidth<HTMLDivElement>();
  const scores = points.map(({ score }) => score);
  const range = padded(Math.min(...scores), Math.max(...scores));
  const times = [points[0]!.time, points.at(-1)!.time] as const;
  const x = scale(times, [inset.left + 6, width - inset.right - 6]);
  const y = scale(range, [height - inset.bottom, inset.top]);
  const records = points.filter(({ isRecord }) => isRecord);
  const line = records.map(
    ({ time, score }, at) => `${at === 0 ? `M${x(time)} ${y(score)}` : `H${x(time)}V${y(score)}`}`,
  );
  const sameDay = date(times[0]) === date(times[1]);
  const moment = sameDay ? dateTime : date;
  return (
    <div ref={element} className="plot">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={t.plotLabel(
            number(points.length),
            column.title,
            moment(times[0]),
            moment(times[1]),
            shortScore(best),
          )}
        >
          {ticks(range, 4).map((tick) => (
            <g key={tick} className="tick">
              <path d={`M${inset.left} ${y(tick)}H${width - inset.right}`} />
              <text x={inset.left - 8} y={y(tick) + 4} textAnchor="end">
                {shortScore(tick)}
              </text>
            </g>
          ))}
          {records.length > 0 && <path className="best-line" d={`${line.join("")}H${width - inset.right}`} />}
          {points.map(({ id, time, score, mine }) => (
            <circle
              key={id}
              className={mine ? "chart-dot mine" : "chart-dot"}
              cx={x(time)}
              cy={y(score)}
              r={mine ? 5 : 3}
            >
              <title>{(mine ? t.ownPoint : t.point)(shortScore(score), dateTime(time))}</title>
            </circle>
          ))}
          <text className="axis" x={inset.left} y={height - 8}>
            {moment(times[0])}
          </text>
          <text className="axis" x={width - inset.right} y={height - 8} textAnchor="end">
            {moment(times[1])}
          </text>
        </svg>
      )}
    </div>
  );
}

/** A range with room for dots at both ends. */
function padded(low: number, high: number): [number, number] {
  const room = high === low ? Math.abs(high) / 10 || 1 : (high - low) / 20;
  return [low - room, high + room];
}
