import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { partOf, type Part } from "../../kernel/db/page.ts";

/** What decides who reads a forum, and how authors are named there. */
export async function findForum(db: Db, competitionId: number) {
  return db
    .selectFrom("competitions")
    .select(["forum_enabled", "anonymous_leaderboard", "pseudonym_key"])
    .where("id", "=", competitionId)
    .executeTakeFirstOrThrow();
}

/** A search as people write it: words, "phrases" and -exclusions. */
export const wordsOf = (search: string) => sql`websearch_to_tsquery('simple', ${search})`;

const selectThreads = (db: Db, readerId: number | null) =>
  db
    .selectFrom("forum_threads as t")
    .leftJoin("users as u", "u.id", "t.author_id")
    .leftJoin("forum_posts as last", "last.id", "t.last_post_id")
    .leftJoin("users as lu", "lu.id", "last.author_id")
    .leftJoin("forum_follows as f", (join) =>
      join.onRef("f.thread_id", "=", "t.id").on("f.user_id", "=", sql<number>`${readerId}::int`),
    )
    .select([
      "t.id",
      "t.competition_id",
      "t.title",
      "t.is_pinned",
      "t.is_locked",
      "t.created_when",
      "t.post_count",
      "t.last_post_id",
      "t.last_post_when",
      "t.author_id",
      "u.username as author_username",
      "u.display_name as author_display_name",
      "last.author_id as last_author_id",
      "lu.username as last_author_username",
      "lu.display_name as last_author_display_name",
      sql<number>`coalesce(f.read_post_id, 0)`.as("read_post_id"),
      sql<boolean>`coalesce(f.wants_mail, false)`.as("wants_mail"),
    ]);

export type ThreadRow = Awaited<ReturnType<ReturnType<typeof selectThreads>["execute"]>>[number];

/** A page of the threads of a forum: pinned ones first, then by the last post. `search` is in the title or a post. */
export function pageOfThreads(
  db: Db,
  competitionId: number,
  readerId: number | null,
  search: string | undefined,
  part: Part,
) {
  let query = selectThreads(db, readerId).where("t.competition_id", "=", competitionId);
  if (search !== undefined)
    query = query.where((eb) =>
      eb.or([
        sql<boolean>`to_tsvector('simple', t.title) @@ ${wordsOf(search)}`,
        eb("t.id", "in", (posts) =>
          posts
            .selectFrom("forum_posts as p")
            .select("p.thread_id")
            .where(sql<boolean>`to_tsvector('simple', p.text) @@ ${wordsOf(search)}`),
        ),
      ]),
    );
  return partOf(
    db,
    query.orderBy("t.is_pinned", "desc").orderBy("t.last_post_when", "desc").orderBy("t.id", "desc"),
    part,
  );
}

/** A thread of a competition's forum. */
export const findThread = (db: Db, competitionId: number, id: number, readerId: number | null) =>
  selectThreads(db, readerId).where("t.id", "=", id).where("t.competition_id", "=", competitionId).executeTakeFirst();

export async function insertThread(tx: Tx, competitionId: number, authorId: number, title: string): Promise<number> {
  const { id } = await tx
    .insertInto("forum_threads")
    .values({ competition_id: competitionId, author_id: authorId, title })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

export interface ThreadChange {
  title?: string | undefined;
  is_pinned?: boolean | undefined;
  is_locked?: boolean | undefined;
}

/**
 * Locks a thread until the transaction ends, so that its posts are stored one by one. People can go on reading and following
 * it: the lock lets rows be added that refer to the thread.
 */
export async function lockThread(tx: Tx, id: number) {
  return tx
    .selectFrom("forum_threads")
    .select(["title", "is_pinned", "is_locked"])
    .where("id", "=", id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export async function updateThread(tx: Tx, id: number, change: ThreadChange): Promise<void> {
  if (Object.keys(change).length > 0) await tx.updateTable("forum_threads").set(change).where("id", "=", id).execute();
}

/** Whether somebody else than its author has written in a thread. */
export async function hasOtherAuthors(tx: Tx, threadId: number, authorId: number): Promise<boolean> {
  const other = await tx
    .selectFrom("forum_posts")
    .select("id")
    .where("thread_id", "=", threadId)
    .where(sql<boolean>`author_id is distinct from ${authorId}`)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

export async function deleteThread(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom("forum_threads").where("id", "=", id).execute();
}
