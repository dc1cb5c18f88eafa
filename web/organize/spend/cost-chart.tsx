import type { Shape } from "../../api/client.ts";
import { date, dollars } from "../../app/format.ts";
import { useTexts } from "./texts.ts";

const height = 96;
const width = 732;
const millisecondsPerDay = 86_400_000;

/** A bar for each day. The table below says the same. */
export function CostChart({ costs, days }: { costs: Shape<"DayCost">[]; days: number }) {
  const t = useTexts();
  const byDay = Map.groupBy(costs, ({ day }) => day);
  const bars = Array.from({ length: days }, (_, at) => {
    const day = new Date(Date.now() - (days - 1 - at) * millisecondsPerDay).toISOString().slice(0, 10);
    return { day, usd: (byDay.get(day) ?? []).reduce((sum, { usd }) => sum + Number(usd), 0) };
  });
  const most = Math.max(...bars.map(({ usd }) => usd));
  if (most === 0) return null;
  const step = width / days;
  return (
    <figure className="card spend-chart">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t.chart(days, dollars(most))}
        preserveAspectRatio="none"
      >
        {bars.map(({ day, usd }, at) => (
          <g key={day}>
            <title>{t.bar(date(`${day}T12:00:00`), dollars(usd))}</title>
            <rect
              className="spend-bar"
              x={at * step}
              y={height - (usd / most) * height}
              width={Math.max(1, step - 1)}
              height={(usd / most) * height}
            />
          </g>
        ))}
      </svg>
      <figcaption className="spend-ends small quiet numbers">
        <span>{date(`${bars[0]!.day}T12:00:00`)}</span>
        <span>{date(`${bars.at(-1)!.day}T12:00:00`)}</span>
      </figcaption>
    </figure>
  );
}
