import "../../design/record-table.css";
import "../../leaderboard/charts.css";
import { number } from "../../app/format.ts";
import { scale, ticks, useWidth } from "../../leaderboard/scale.ts";
import type { GraphBlock } from "../types.ts";
import { useDetailTexts } from "./detail-texts.ts";

const height = 260;
const inset = { top: 28, right: 12, bottom: 36, left: 56 };
/** So many lines can be told apart by their colour; the next ones are dashed. */
const colours = 6;
/** So many points are listed. */
const listed = 100;

interface Line {
  name: string;
  points: [x: number, y: number][];
}

/** The points of a file: two columns, or one whose lines are counted. What is no number, such as a header, is left out. */
function pointsOf(lines: readonly string[][] = []): [number, number][] {
  const all = lines.map((columns, at): [number, number] =>
    columns.length > 1 ? [Number(columns[0]), Number(columns[1])] : [at, Number(columns[0] || NaN)],
  );
  return all.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
}

const rangeOf = (values: number[]): [number, number] => {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return low === high ? [low - 1, high + 1] : [low, high];
};

/** A line for each bundle. */
export function Graph({ block }: { block: GraphBlock }) {
  const t = useDetailTexts();
  const lines: Line[] = block.trajectories.map(({ display_name: name, points }) => ({
    name,
    points: pointsOf(points),
  }));
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return <p className="notice">{t.nothingToDraw(lines.map(({ name }) => name).join(", "))}</p>;
  return (
    <figure className="card sheet-graph">
      <Plot lines={drawn} xLabel={block.xlabel} yLabel={block.ylabel} />
      <figcaption>
        <ul className="sheet-legend small">
          {drawn.map(({ name }, at) => (
            <li key={at}>
              <svg width="24" height="8" aria-hidden="true">
                <path d="M0 4H24" className={lineClass(at)} />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <details className="small">
        <summary>{t.values}</summary>
        <Values lines={drawn} />
      </details>
    </figure>
  );
}

const lineClass = (at: number) => `sheet-line colour-${at % colours}${at >= colours ? " dashed" : ""}`;

function Plot({ lines, xLabel, yLabel }: { lines: Line[]; xLabel: string | null; yLabel: string | null }) {
  const t = useDetailTexts();
  const [element, width] = useWidth<HTMLDivElement>();
  const all = lines.flatMap(({ points }) => points);
  const [xs, ys] = [rangeOf(all.map(([x]) => x)), rangeOf(all.map(([, y]) => y))];
  const x = scale(xs, [inset.left, width - inset.right]);
  const y = scale(ys, [height - inset.bottom, inset.top]);
  return (
    <div ref={element} className="plot sheet-plot">
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={t.graphLabel(lines.map(({ name }) => name).join(", "), xLabel, yLabel)}
        >
          {ticks(ys, 5).map((tick) => (
            <g key={tick} className="tick">
              <path d={`M${inset.left} ${y(tick)}H${width - inset.right}`} />
              <text x={inset.left - 8} y={y(tick) + 4} textAnchor="end">
                {number(tick)}
              </text>
            </g>
          ))}
          {ticks(xs, width < 500 ? 3 : 6).map((tick) => (
            <text key={tick} x={x(tick)} y={height - inset.bottom + 18} textAnchor="middle">
              {number(tick)}
            </text>
          ))}
          {lines.map(({ name, points }, at) => (
            <g key={at}>
              <title>{name}</title>
              <path
                className={lineClass(at)}
                d={points.map(([px, py], index) => `${index === 0 ? "M" : "L"}${x(px)} ${y(py)}`).join("")}
              />
              {points.length === 1 && (
                <circle className={lineClass(at)} cx={x(points[0]![0])} cy={y(points[0]![1])} r={3} />
              )}
            </g>
          ))}
          {xLabel !== null && (
            <text x={width - inset.right} y={height - 4} textAnchor="end">
              {xLabel}
            </text>
          )}
          {yLabel !== null && (
            <text x={4} y={12}>
              {yLabel}
            </text>
          )}
        </svg>
      )}
    </div>
  );
}

/** The same for people who do not see it. */
function Values({ lines }: { lines: Line[] }) {
  const t = useDetailTexts();
  return (
    <div className="sheet-scroll sheet-values" role="region" aria-label={t.values} tabIndex={0}>
      {lines.map(({ name, points }, at) => (
        <table key={at} className="record-table">
          <caption>{name}</caption>
          <tbody>
            {points.slice(0, listed).map(([x, y], index) => (
              <tr key={index}>
                <th scope="row" className="number">
                  {number(x, { maximumSignificantDigits: 8 })}
                </th>
                <td className="number">{number(y, { maximumSignificantDigits: 8 })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}
