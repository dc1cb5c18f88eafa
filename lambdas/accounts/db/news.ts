import type { Db, Tx } from "../../kernel/db/connection.ts";
import { partOf, type Part } from "../../kernel/db/page.ts";

export interface NewsPost {
  id: number;
  title: string;
  text: string;
  published_at: Date;
}
export type NewsFields = Omit<NewsPost, "id">;

const columns = ["id", "title", "text", "published_at"] as const;

/** A page of news, the latest first, and their total number. `now` leaves out what is published later. */
export function pageOfNews(db: Db, now: Date | null, part: Part): Promise<{ count: number; rows: NewsPost[] }> {
  let query = db.selectFrom("news_posts").select(columns).orderBy("published_at", "desc").orderBy("id", "desc");
  if (now !== null) query = query.where("published_at", "<=", now);
  return partOf(db, query, part);
}

export const findNews = (db: Db, id: number): Promise<NewsPost | undefined> =>
  db.selectFrom("news_posts").select(columns).where("id", "=", id).executeTakeFirst();

export const insertNews = (tx: Tx, fields: NewsFields, by: number): Promise<NewsPost> =>
  tx
    .insertInto("news_posts")
    .values({ ...fields, created_by: by })
    .returning(columns)
    .executeTakeFirstOrThrow();

/** A post, locked until the transaction ends. */
export const lockNews = (tx: Tx, id: number): Promise<NewsPost | undefined> =>
  tx.selectFrom("news_posts").select(columns).where("id", "=", id).forUpdate().executeTakeFirst();

export const updateNews = (tx: Tx, id: number, fields: NewsFields): Promise<NewsPost> =>
  tx.updateTable("news_posts").set(fields).where("id", "=", id).returning(columns).executeTakeFirstOrThrow();

export async function deleteNews(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom("news_posts").where("id", "=", id).execute();
}
