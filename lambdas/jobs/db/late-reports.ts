/** Reports of attempts that no longer hold their jobs. They change nothing and are kept for a while, for investigations. */
import { sql } from "kysely";
import { keepableText } from "../../../contract/keepable.ts";
import type { Db } from "../../kernel/db/connection.ts";

/** Of each kind, for one attempt. */
const maxReports = 5;
/** In characters of JSON. A longer report is kept as the beginning of its text. */
const maxLength = 20_000;

/** Stores a report unless the attempt has enough of its kind. */
export async function recordLateReport(
  db: Db,
  attemptId: string,
  kind: "heartbeat" | "complete",
  report: unknown,
): Promise<void> {
  const text = JSON.stringify(report);
  const body = text.length <= maxLength ? text : JSON.stringify({ beginning: keepableText(text, maxLength) });
  await db.transaction().execute(async (tx) => {
    // Reports that arrive at once are counted one after another.
    await tx.selectFrom("attempts").select("id").where("id", "=", attemptId).forNoKeyUpdate().execute();
    await sql`
      insert into late_reports (attempt_id, kind, body)
      select ${attemptId}, ${kind}, ${body}
      where (select count(*) from late_reports where attempt_id = ${attemptId} and kind = ${kind}) < ${maxReports}`.execute(
      tx,
    );
  });
}

/** Deletes late reports that are older than a month, at most `limit` of them. */
export async function forgetLateReports(db: Db, limit: number): Promise<void> {
  await sql`
    delete from late_reports where id in (
      select id from late_reports where received_when < now() - interval '30 days' order by received_when limit ${limit})`.execute(
    db,
  );
}
