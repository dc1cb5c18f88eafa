import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { partOf, type Part } from "../../kernel/db/page.ts";
import { wordsOf } from "./threads.ts";

const selectPosts = (db: Db) =>
  db
    .selectFrom("forum_posts as p")
    .innerJoin("forum_threads as t", "t.id", "p.thread_id")
    .leftJoin("users as u", "u.id", "p.author_id")
    .select([
      "p.id",
      "p.thread_id",
      "p.text",
      "p.created_when",
      "p.edited_when",
      "p.removed_when",
      "p.removed_by",
      "p.removal_reason",
      "p.author_id",
      "u.username as author_username",
      "u.display_name as author_display_name",
      "t.title as thread_title",
      "t.is_locked",
      sql<number>`(select count(*)::int from forum_reports r where r.post_id = p.id)`.as("reports"),
    ]);

export type PostRow = Awaited<ReturnType<ReturnType<typeof selectPosts>["execute"]>>[number];

export interface PostFilter {
  search?: string | undefined;
  descending: boolean;
}

/** A page of the posts of a thread, by time. */
export function pageOfPosts(db: Db, threadId: number, { search, descending }: PostFilter, part: Part) {
  let query = selectPosts(db).where("p.thread_id", "=", threadId);
  if (search !== undefined) query = query.where(sql<boolean>`to_tsvector('simple', p.text) @@ ${wordsOf(search)}`);
  return partOf(db, query.orderBy("p.id", descending ? "desc" : "asc"), part);
}

/** A post of a thread in a competition's forum. */
export const findPost = (db: Db, competitionId: number, threadId: number, id: number) =>
  selectPosts(db)
    .where("p.id", "=", id)
    .where("p.thread_id", "=", threadId)
    .where("t.competition_id", "=", competitionId)
    .executeTakeFirst();

/** Stores a post at the end of a thread that the caller has locked or made. */
export async function insertPost(tx: Tx, threadId: number, authorId: number, text: string): Promise<number> {
  const { id, created_when } = await tx
    .insertInto("forum_posts")
    .values({ thread_id: threadId, author_id: authorId, text })
    .returning(["id", "created_when"])
    .executeTakeFirstOrThrow();
  await tx
    .updateTable("forum_threads")
    .set((eb) => ({ post_count: eb("post_count", "+", 1), last_post_id: id, last_post_when: created_when }))
    .where("id", "=", threadId)
    .execute();
  return id;
}

/** Replaces the text of a post. Returns false if the post was removed. */
export async function updatePost(tx: Tx, id: number, text: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("forum_posts")
    .set({ text, edited_when: sql<Date>`now()` })
    .where("id", "=", id)
    .where("removed_when", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Removes the text of a post and what was reported about it; a trace stays. Returns false if it was removed before. */
export async function removePost(
  tx: Tx,
  id: number,
  by: "author" | "organizer",
  reason: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("forum_posts")
    .set({ text: "", removed_when: sql<Date>`now()`, removed_by: by, removal_reason: reason })
    .where("id", "=", id)
    .where("removed_when", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await tx.deleteFrom("forum_reports").where("post_id", "=", id).execute();
  return true;
}

/** Stores that somebody reported a post. Returns whether nobody did before. */
export async function insertReport(tx: Tx, postId: number, userId: number, reason: string | null): Promise<boolean> {
  await tx.selectFrom("forum_posts").select("id").where("id", "=", postId).forNoKeyUpdate().execute();
  const before = await tx
    .selectFrom("forum_reports")
    .select("user_id")
    .where("post_id", "=", postId)
    .limit(1)
    .executeTakeFirst();
  await tx
    .insertInto("forum_reports")
    .values({ post_id: postId, user_id: userId, reason })
    .onConflict((conflict) => conflict.columns(["post_id", "user_id"]).doUpdateSet({ reason }))
    .execute();
  return before === undefined;
}

/** Forgets what was reported about a post of a competition's forum. Returns whether there was anything. */
export async function forgetReports(tx: Tx, competitionId: number, postId: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("forum_reports")
    .where("post_id", "in", (eb) =>
      eb
        .selectFrom("forum_posts as p")
        .innerJoin("forum_threads as t", "t.id", "p.thread_id")
        .select("p.id")
        .where("p.id", "=", postId)
        .where("t.competition_id", "=", competitionId),
    )
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** A page of the posts of a forum that were reported, with who reported them and why; the latest first. */
export function pageOfReported(db: Db, competitionId: number, part: Part) {
  const reported = selectPosts(db)
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom("forum_reports as r")
          .innerJoin("users as ru", "ru.id", "r.user_id")
          .select([
            sql<{ username: string; reason: string | null }[]>`json_agg(
              json_build_object('username', ru.username, 'reason', r.reason) order by r.created_when)`.as(
              "reported_by",
            ),
            sql<Date | null>`max(r.created_when)`.as("reported_when"),
          ])
          .whereRef("r.post_id", "=", "p.id")
          .as("reported"),
      (join) => join.onTrue(),
    )
    .select(["reported.reported_by", "reported.reported_when"])
    .where("reported.reported_when", "is not", null)
    .where("t.competition_id", "=", competitionId);
  return partOf(db, reported.orderBy("reported.reported_when", "desc").orderBy("p.id", "desc"), part);
}

export type ReportedPost = Awaited<ReturnType<typeof pageOfReported>>["rows"][number];
