import { number } from "../app/format.ts";
import { answers, isServedByPlatform, type Queue, type QueueStatus } from "./queries.ts";
import { useTexts } from "./texts.ts";

/** In a few words, whether somebody runs the queue's jobs. `status` is null for readers who do not run the queue. */
export function Health({ queue, status }: { queue: Queue; status: QueueStatus | null | undefined }) {
  const t = useTexts();
  if (queue.problem !== null) return <span className="pill bad">{t.health.problem}</span>;
  if (!queue.accepts_jobs) return <span className="pill wait">{t.health.draining}</span>;
  if (isServedByPlatform(queue)) return <span className="pill good">{t.health.platform}</span>;
  if (!status) return <span className="pill">{t.health.own}</span>;
  const { workers } = status;
  if (workers.length === 0) return <span className="pill wait">{t.health.noWorkers}</span>;
  const answering = workers.filter(answers);
  const well = answering.filter(({ unwell }) => unwell === null).length;
  const tone = well === workers.length ? "good" : answering.length === 0 ? "bad" : "wait";
  return (
    <span className={`pill ${tone}`}>
      {t.health.answer(number(answering.length), workers.length, number(workers.length))}
    </span>
  );
}
