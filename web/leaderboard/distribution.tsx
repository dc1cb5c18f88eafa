import "./charts.css";
import { number } from "../app/format.ts";
import { scale, useWidth, type Point } from "./scale.ts";
import { shortScore } from "./scores.ts";
import { useTexts } from "./texts.ts";

const height = 204;
const bottom = 28;

/** How many scores lie where. The bar with the reader's best score has a colour of its own. */
export function Distribution({
  points,
  column,
}: {
  points: Point[];
  column: { title: string; sorting: "asc" | "desc" };
}) {
  const t = useTexts();
  const [element, width] = useWidth<HTMLDivElement>();
  const scores = points.map(({ score }) => score);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const bins = binsOf(scores, low, high);
  const own = points.filter(({ mine }) => mine).map(({ score }) => score);
  const ownBest = own.length === 0 ? undefined : (column.sorting === "desc" ? Math.max : Math.min)(...own);
  const ownBin = ownBest === undefined ? -1 : binAt(ownBest, low, high, bins.length);
  const y = scale([0, Math.max(...bins)], [height - bottom, 10]);
  const step = width / bins.length;
  const edge = (at: number) => low + ((high - low) * at) / bins.length;
  return (
    <div ref={element} className="plot">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={t.binsLabel(column.title, shortScore(low), shortScore(high))}
        >
          <path className="base" d={`M0 ${height - bottom}H${width}`} />
          {bins.map((count, at) => (
            <rect
              key={at}
              className={at === ownBin ? "chart-bar mine" : "chart-bar"}
              x={at * step + 1.5}
              width={Math.max(1, step - 3)}
              y={y(count)}
              height={height - bottom - y(count)}
              rx="2"
            >
              <title>{`${t.bin(count, shortScore(edge(at)), shortScore(edge(at + 1)))}`}</title>
            </rect>
          ))}
          <text className="axis" x="0" y={height - 8}>
            {shortScore(low)}
          </text>
          <text className="axis" x={width / 2} y={height - 8} textAnchor="middle">
            {number(points.length)}
          </text>
          <text className="axis" x={width} y={height - 8} textAnchor="end">
            {shortScore(high)}
          </text>
        </svg>
      )}
    </div>
  );
}

/** Counts in bins of the same width: as many as the square root of the scores, between 5 and 20. */
function binsOf(scores: readonly number[], low: number, high: number): number[] {
  const bins = new Array<number>(Math.max(5, Math.min(20, Math.round(Math.sqrt(scores.length) * 2)))).fill(0);
  for (const score of scores) bins[binAt(score, low, high, bins.length)]! += 1;
  return bins;
}

const binAt = (score: number, low: number, high: number, count: number): number =>
  high === low ? Math.floor(count / 2) : Math.min(count - 1, Math.floor(((score - low) / (high - low)) * count));
