import { duration, number, relative } from "../app/format.ts";
import { answers, isServedByPlatform, type Queue, type Worker } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** The workers of the last day: where they are, what they run, and whether they still answer. */
export function Workers({ queue, workers }: { queue: Queue; workers: Worker[] }) {
  const t = useTexts();
  return (
    <section className="queue-part">
      <h2>{t.workers}</h2>
      {workers.length === 0 ? (
        <p className="card queue-section quiet">{isServedByPlatform(queue) ? t.platformRests : t.noWorkers}</p>
      ) : (
        <ul className="card queue-workers">
          {workers.map((worker) => (
            <WorkerRow key={worker.id} worker={worker} />
          ))}
        </ul>
      )}
    </section>
  );
}

function WorkerRow({ worker }: { worker: Worker }) {
  const t = useTexts();
  const { host, launcher, slots, version, last_seen: seen, unwell, running } = worker;
  const here = answers(worker);
  return (
    <li className="queue-worker">
      <div className="queue-worker-who">
        <p className="queue-worker-host">{host}</p>
        <p className="small quiet">{t.workerAbout(launcher, slots, version)}</p>
      </div>
      <div className="queue-worker-runs">
        {unwell !== null && <p className="small queue-worker-unwell">{unwell}</p>}
        {running.length === 0
          ? unwell === null && <p className="small quiet">{here ? t.idle : t.ranNothing}</p>
          : running.map(({ attempt, step, stage, since }) => (
              <p key={attempt} className="pill accent">
                {t.runs(step, stage, duration(Date.now() - new Date(since).getTime()))}
              </p>
            ))}
      </div>
      <p className="queue-worker-seen small">
        {here ? (
          unwell === null ? (
            <span className="pill good">{t.answersNow}</span>
          ) : (
            <span className="pill wait">{t.unwell}</span>
          )
        ) : (
          <span className="pill bad">{relative(seen)}</span>
        )}
        <span className="hidden">{t.slotsUsed(number(running.length), number(slots))}</span>
      </p>
    </li>
  );
}
