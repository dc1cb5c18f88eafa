import "./bars.css";
import { number } from "../../app/format.ts";
import { roomFor, scale, ticks, useWidth } from "../../leaderboard/scale.ts";

export interface Bar {
  key: string;
  /** What it is, for who points at it. */
  label: string;
  /** What stands below it, if there is room. */
  tick: string;
  value: number;
}

const bottom = 24;
const height = 168;

/** Numbers over time as bars. `label` says what they are; the page has the numbers as a table, too. */
export function Bars(props: { label: string; bars: readonly Bar[]; shown?: (value: number) => string }) {
  const { label, bars, shown = (value) => number(value, { notation: "compact" }) } = props;
  const [element, width] = useWidth<HTMLDivElement>();
  const most = Math.max(0, ...bars.map(({ value }) => value)) || 1;
  const y = scale([0, most], [height - bottom, 8]);
  const lines = ticks([0, most], 3).map((value) => ({ value, text: shown(value) }));
  const left = Math.max(40, roomFor(lines.map(({ text }) => text)) + 8);
  const step = (width - left) / Math.max(1, bars.length);
  const every = Math.ceil(64 / step);
  return (
    <div ref={element} className="bars">
      {width > left && (
        <svg width={width} height={height} role="img" aria-label={label}>
          {lines.map(({ value, text }) => (
            <g key={value} className="bars-line">
              <path d={`M${left} ${y(value)}H${width}`} />
              <text x={left - 8} y={y(value) + 4} textAnchor="end">
                {text}
              </text>
            </g>
          ))}
          {bars.map(({ key, label: title, tick, value }, at) => (
            <g key={key} className={at === bars.length - 1 ? "bars-bar last" : "bars-bar"}>
              <rect
                x={left + at * step + step * 0.08}
                width={Math.max(1, step * 0.84)}
                y={y(value)}
                height={height - bottom - y(value)}
              >
                <title>{title}</title>
              </rect>
              {at % every === 0 && left + at * step + 48 < width && (
                <text x={left + at * step} y={height - 6}>
                  {tick}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
