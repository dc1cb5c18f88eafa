import { dateTime, duration, number } from "../app/format.ts";
import type { QueueStatus } from "./queries.ts";
import { useTexts } from "./texts.ts";

const height = 48;
const step = 10;

/** What waits, runs and is quarantined now, and what ended in each of the last 24 hours. */
export function Figures({ status }: { status: QueueStatus }) {
  const t = useTexts();
  const { waiting, running, quarantined, oldest_waiting_seconds: oldest, max_running: most, history } = status;
  const slots = most ?? status.workers.reduce((sum, worker) => sum + worker.slots, 0);
  const succeeded = history.reduce((sum, hour) => sum + hour.succeeded, 0);
  const failed = history.reduce((sum, hour) => sum + hour.failed, 0);
  return (
    <dl className="queue-figures">
      <div className="card queue-figure">
        <dt>{oldest === null ? t.waiting : t.waitingSince(duration(oldest * 1000))}</dt>
        <dd>{number(waiting)}</dd>
      </div>
      <div className="card queue-figure">
        <dt>{slots > 0 ? t.runningOf(number(slots)) : t.running}</dt>
        <dd>{number(running)}</dd>
      </div>
      <div className="card queue-figure">
        <dt>{t.inQuarantine}</dt>
        <dd>{number(quarantined)}</dd>
      </div>
      <div className="card queue-figure queue-figure-history">
        <dt>{t.ended(failed, number(failed))}</dt>
        <dd>{number(succeeded + failed)}</dd>
        <dd>
          <History hours={history} label={t.historyLabel(number(succeeded), number(failed))} />
        </dd>
      </div>
    </dl>
  );
}

/** A bar for each hour: what failed, in its colour, stands on what succeeded. */
function History({ hours, label }: { hours: QueueStatus["history"]; label: string }) {
  const t = useTexts();
  const most = Math.max(1, ...hours.map(({ succeeded, failed }) => succeeded + failed));
  const size = (count: number) => (count / most) * (height - 2);
  return (
    <svg
      className="queue-history"
      viewBox={`0 0 ${hours.length * step} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {hours.map(({ begins, succeeded, failed }, at) => (
        <g key={begins}>
          <title>{t.hour(dateTime(begins), number(succeeded), number(failed))}</title>
          <rect className="queue-hour" x={at * step} y={0} width={step} height={height} />
          <rect className="queue-base" x={at * step + 1} y={height - 1} width={step - 2} height={1} />
          <rect
            className="queue-done"
            x={at * step + 1}
            y={height - size(succeeded)}
            width={step - 2}
            height={size(succeeded)}
          />
          <rect
            className="queue-failed"
            x={at * step + 1}
            y={height - size(succeeded + failed)}
            width={step - 2}
            height={size(failed)}
          />
        </g>
      ))}
    </svg>
  );
}
