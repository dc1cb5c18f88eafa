/** Where a job stands in the line of its queue. */
import type { Db } from "../../kernel/db/connection.ts";
import { openJobs, shortLine, waitersOf, type OpenJob } from "../db/lines.ts";
import { placeInLine, type Waiter } from "../rules/line.ts";

/** In a line of at most so many jobs, places are exact and as of now. In a longer one nobody notices a difference. */
const shortLength = 500;
/** How long this process uses what it knows of a long line: a second, and so long that reading it takes a twentieth of the time. */
const keptMs = { least: 1000, times: 20 };

const longLines = new Map<string, { until: number; waiters: Promise<Waiter[]> }>();

function longLine(db: Db, queueId: string): Promise<Waiter[]> {
  const began = performance.now();
  const known = longLines.get(queueId);
  if (known && known.until > began) return known.waiters;
  for (const [id, { until }] of longLines) if (until <= began) longLines.delete(id);
  const line = { until: Infinity, waiters: waitersOf(db, queueId) };
  longLines.set(queueId, line);
  line.waiters.then(
    () => (line.until = performance.now() + Math.max(keptMs.least, keptMs.times * (performance.now() - began))),
    () => longLines.delete(queueId),
  );
  return line.waiters;
}

/** A job that has not ended, with its place in the line of its queue, from 1; null if it does not stand there. */
export type PlacedJob = OpenJob & { position: number | null };

/** Finds the first of some jobs of one queue: a running one, otherwise the first in the line. Undefined if all have ended. */
export async function findOpenJob(db: Db, jobIds: string[]): Promise<PlacedJob | undefined> {
  const jobs = await openJobs(db, jobIds);
  const running = jobs.find(({ isRunning }) => isRunning);
  if (running) return { ...running, position: null };
  const [first] = (await placed(db, jobs)).sort(
    (a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || a.readyWhen.getTime() - b.readyWhen.getTime(),
  );
  return first;
}

async function placed(db: Db, jobs: OpenJob[]): Promise<PlacedJob[]> {
  const inLine = jobs.find(({ isInLine }) => isInLine);
  if (!inLine) return jobs.map((job) => ({ ...job, position: null }));
  const line = await shortLine(db, inLine.queueId, shortLength);
  const waiters = line ? [] : await longLine(db, inLine.queueId);
  const placeOf = (job: OpenJob): number | null =>
    line ? line.indexOf(job.id) + 1 || null : placeInLine(waiters, job);
  return jobs.map((job) => ({ ...job, position: job.isInLine ? placeOf(job) : null }));
}
