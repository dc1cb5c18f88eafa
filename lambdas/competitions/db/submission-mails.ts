/** Which ended submissions people still get mail about. */
import { sql } from "kysely";
import type { Tx } from "../../kernel/db/connection.ts";

/** Notes that a submission has finished or failed, if its owner wants mail about that. */
export async function noteEnded(tx: Tx, submissionId: number): Promise<void> {
  await tx
    .insertInto("submission_mails")
    .columns(["submission_id", "user_id"])
    .expression((eb) =>
      eb
        .selectFrom("submissions as s")
        .innerJoin("users as u", "u.id", "s.owner_id")
        .select(["s.id", "u.id as user_id"])
        .where("s.id", "=", submissionId)
        .where("s.status", "in", ["Finished", "Failed"])
        .where("u.email_on_submission_finished", "=", true),
    )
    // It ended before, and organizers ran it again.
    .onConflict((conflict) =>
      conflict.column("submission_id").doUpdateSet({ ended_when: sql<Date>`now()`, mailed_when: null }),
    )
    .execute();
}

const secondsAgo = (seconds: number) => sql<Date>`now() - make_interval(secs => ${seconds})`;

/**
 * Takes the ended submissions of some people, of whom none got such a mail in the last `pauseSeconds`. Nobody else gets them.
 */
export async function takeEnded(tx: Tx, { pauseSeconds, people }: { pauseSeconds: number; people: number }) {
  const waiting = await tx
    .selectFrom("submission_mails as m")
    .select("m.user_id")
    .distinct()
    .where("m.mailed_when", "is", null)
    .where(({ eb, not, exists }) =>
      not(
        exists(
          eb
            .selectFrom("submission_mails as earlier")
            .select("earlier.submission_id")
            .whereRef("earlier.user_id", "=", "m.user_id")
            .where("earlier.mailed_when", ">", secondsAgo(pauseSeconds)),
        ),
      ),
    )
    .limit(people)
    .execute();
  if (waiting.length === 0) return [];
  const taken = await tx
    .updateTable("submission_mails")
    .set({ mailed_when: sql<Date>`now()` })
    .where(
      "user_id",
      "in",
      waiting.map(({ user_id }) => user_id),
    )
    .where("mailed_when", "is", null)
    .returning("submission_id")
    .execute();
  if (taken.length === 0) return [];
  return tx
    .selectFrom("submissions as s")
    .innerJoin("phases as p", "p.id", "s.phase_id")
    .innerJoin("competitions as c", "c.id", "p.competition_id")
    .select(["s.id", "s.owner_id", "s.status", "p.name as phase", "c.id as competition_id", "c.title as competition"])
    .where(
      "s.id",
      "in",
      taken.map(({ submission_id }) => submission_id),
    )
    .orderBy("s.id")
    .execute();
}

/** Forgets the mails that no pause looks at any more. */
export async function forgetMailed(tx: Tx, pauseSeconds: number): Promise<void> {
  await tx.deleteFrom("submission_mails").where("mailed_when", "<", secondsAgo(pauseSeconds)).execute();
}
