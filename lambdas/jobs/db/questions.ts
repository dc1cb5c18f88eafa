/** Questions about the files of running attempts. A row is there while somebody waits for the answer. */
import { sql } from "kysely";
import type { AskedQuestion } from "../../../contract/job.ts";
import type { Db } from "../../kernel/db/connection.ts";

/** More at once would keep a worker from what it runs. */
const maxOpen = 16;

/** Returns false if too many wait for answers of the attempt. */
export async function storeQuestion(db: Db, { id, attempt, step, question }: AskedQuestion): Promise<boolean> {
  const { rows } = await sql`
    insert into questions (id, attempt_id, step, question)
    select ${id}, ${attempt}, ${step}, ${JSON.stringify(question)}::jsonb
    where (select count(*) from questions
      where attempt_id = ${attempt} and asked_when > now() - interval '30 seconds') < ${maxOpen}
    returning id`.execute(db);
  return rows.length > 0;
}

/** The questions to some attempts, oldest first. If a queue is given, only those to its attempts. */
export async function questionsTo(db: Db, queueId: string | null, attemptIds: string[]): Promise<AskedQuestion[]> {
  const { rows } = await sql<AskedQuestion>`
    select q.id, q.attempt_id as attempt, q.step, q.question
    from questions q
    where q.attempt_id = any(${attemptIds}::uuid[]) and (${queueId}::uuid is null or exists (
      select 1 from attempts a join jobs j on j.id = a.job_id
      where a.id = q.attempt_id and j.queue_id = ${queueId}::uuid))
    order by q.asked_when
    limit 100`.execute(db);
  return rows;
}

export async function deleteQuestion(db: Db, id: string): Promise<void> {
  await db.deleteFrom("questions").where("id", "=", id).execute();
}

/** Deletes questions that nobody waits for any more, because whoever asked was stopped. */
export async function forgetQuestions(db: Db): Promise<void> {
  await sql`delete from questions where asked_when < now() - interval '10 minutes'`.execute(db);
}
