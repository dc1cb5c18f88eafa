/** What people leave behind in forums when they delete their account, and what an export says of it. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/** Takes a person's name from what they wrote, and deletes what they read, followed and reported. */
export async function forgetAuthor(tx: Tx, userId: number): Promise<void> {
  await tx.updateTable("forum_threads").set({ author_id: null }).where("author_id", "=", userId).execute();
  await tx.updateTable("forum_posts").set({ author_id: null }).where("author_id", "=", userId).execute();
  await tx.deleteFrom("forum_reports").where("user_id", "=", userId).execute();
  await tx.deleteFrom("forum_follows").where("user_id", "=", userId).execute();
}

/** Some of a person's posts after an id, in the order of their ids. */
export async function postsAfter(db: Db, userId: number, after: number, limit: number) {
  return db
    .selectFrom("forum_posts as p")
    .innerJoin("forum_threads as t", "t.id", "p.thread_id")
    .select(["p.id", "t.competition_id as competition", "p.thread_id as thread", "t.title as thread_title", "p.text"])
    .select(["p.created_when", "p.edited_when", "p.removed_when", "p.removed_by", "p.removal_reason"])
    .select(sql<boolean>`t.author_id is not distinct from ${userId}`.as("began_thread"))
    .where("p.author_id", "=", userId)
    .where("p.id", ">", after)
    .orderBy("p.id")
    .limit(limit)
    .execute();
}

/** What a person reported to organizers. */
export const reportsOf = (db: Db, userId: number) =>
  db
    .selectFrom("forum_reports")
    .select(["post_id as post", "reason", "created_when"])
    .where("user_id", "=", userId)
    .orderBy("created_when")
    .execute();
