import type { AnnouncementLevel } from "../rules/announcement.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { partOf, type Part } from "../../kernel/db/page.ts";

export interface Announcement {
  id: number;
  text: string;
  level: AnnouncementLevel;
  starts_at: Date;
  ends_at: Date | null;
}
export type AnnouncementFields = Omit<Announcement, "id">;

const columns = ["id", "text", "level", "starts_at", "ends_at"] as const;

/** No page shows more at once. */
const maxShown = 10;

/** The announcements of a moment, the latest first. */
export const currentAnnouncements = (db: Db, now: Date): Promise<Announcement[]> =>
  db
    .selectFrom("announcements")
    .select(columns)
    .where("starts_at", "<=", now)
    .where((eb) => eb.or([eb("ends_at", "is", null), eb("ends_at", ">", now)]))
    .orderBy("starts_at", "desc")
    .orderBy("id", "desc")
    .limit(maxShown)
    .execute();

/** A page of all announcements, also past and future ones, and their total number. */
export const pageOfAnnouncements = (db: Db, part: Part): Promise<{ count: number; rows: Announcement[] }> =>
  partOf(db, db.selectFrom("announcements").select(columns).orderBy("starts_at", "desc").orderBy("id", "desc"), part);

export const insertAnnouncement = (tx: Tx, fields: AnnouncementFields, by: number): Promise<Announcement> =>
  tx
    .insertInto("announcements")
    .values({ ...fields, created_by: by })
    .returning(columns)
    .executeTakeFirstOrThrow();

/** An announcement, locked until the transaction ends. */
export const lockAnnouncement = (tx: Tx, id: number): Promise<Announcement | undefined> =>
  tx.selectFrom("announcements").select(columns).where("id", "=", id).forUpdate().executeTakeFirst();

export const updateAnnouncement = (tx: Tx, id: number, fields: AnnouncementFields): Promise<Announcement> =>
  tx.updateTable("announcements").set(fields).where("id", "=", id).returning(columns).executeTakeFirstOrThrow();

export async function deleteAnnouncement(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom("announcements").where("id", "=", id).execute();
}
