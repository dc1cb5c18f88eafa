/**
 * Deletes files after the database rows that named them. A message is stored in the transaction that deletes the rows. The files
 * are deleted afterwards, perhaps more than once.
 */
import { attemptIdsOfJobs } from "../db/attempts.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { artifacts, type ObjectRef } from "../../../contract/job.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { attemptsToErase } from "../db/lost-attempts.ts";
import { copiesOf } from "../rules/kept-files.ts";

/** Maximum number of files in one control message, which keeps it well below the size limit of messages. */
const maxInMessage = 500;

export interface Erasure {
  /** Ids of attempts whose logs and outputs are deleted. */
  attempts: string[];
  /** Keys of objects in the uploads bucket. */
  uploads: string[];
}

/** Requests the deletion of the files of all attempts at some jobs, and of some uploaded objects. */
export async function enqueueErasure(
  tx: Tx,
  { environment, correlationId }: Context,
  { jobIds, uploads }: { jobIds: string[]; uploads: string[] },
): Promise<void> {
  const attempts = await attemptIdsOfJobs(tx, jobIds);
  const messages: Erasure[] = [];
  for (let at = 0; at < Math.max(attempts.length, uploads.length); at += maxInMessage)
    messages.push({
      attempts: attempts.slice(at, at + maxInMessage),
      uploads: uploads.slice(at, at + maxInMessage),
    });
  await enqueue(
    tx,
    environment.CONTROL_QUEUE,
    correlationId,
    ...messages.map((message) => ({ type: "erase", ...message })),
  );
}

/** Requests the deletion of the files of attempts that lost their job, once their workers can write none any more. */
export async function eraseLostAttempts(context: Context): Promise<void> {
  const { environment, correlationId } = context;
  await transact(context, async (tx) => {
    const attempts = await attemptsToErase(tx, maxInMessage);
    if (attempts.length === 0) return;
    const message: Erasure = { attempts, uploads: [] };
    await enqueue(tx, environment.CONTROL_QUEUE, correlationId, { type: "erase", ...message });
  });
}

/** Deletes the files of a message. Files that are already gone are ignored. */
export async function erase({ objects }: Context, { attempts, uploads }: Erasure): Promise<void> {
  await objects.deleteMany(uploads.map((key): ObjectRef => ({ bucket: "uploads", key })));
  for (const attempt of attempts) {
    for (const key of [artifacts.prefix(attempt), copiesOf(attempt)])
      for (let more = true; more;) {
        const { objects: found, truncated } = await objects.list({ bucket: "jobs", key });
        await objects.deleteMany(found.map(({ ref }) => ref));
        more = truncated;
      }
  }
}
