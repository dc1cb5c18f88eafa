/** What administrators tell everybody: announcements above every page, and news. */
import {
  currentAnnouncements as readCurrent,
  deleteAnnouncement,
  insertAnnouncement,
  lockAnnouncement,
  pageOfAnnouncements,
  updateAnnouncement,
  type Announcement,
  type AnnouncementFields,
} from "../db/announcements.ts";
import {
  deleteNews,
  findNews,
  insertNews,
  lockNews,
  pageOfNews,
  updateNews,
  type NewsFields,
  type NewsPost,
} from "../db/news.ts";
import { changes, type AuditKind, type Fields } from "../rules/audit.ts";
import { may, type Actor } from "../../policy/policy.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { Part } from "../../kernel/db/page.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { requireAdministrator } from "./administrators.ts";
import { record, type UserAuthor } from "./audit.ts";

export type { Announcement } from "../db/announcements.ts";
export type { NewsPost } from "../db/news.ts";

/** Something that administrators create, change and delete. */
interface Notices<Fields, Notice extends Fields & { id: number }> {
  /** The beginning of its kinds of audit events. */
  kind: "announcement" | "news";
  none: () => Refusal;
  /** Refuses fields that do not fit together. */
  check: (fields: Fields) => void;
  insert: (tx: Tx, fields: Fields, by: number) => Promise<Notice>;
  lock: (tx: Tx, id: number) => Promise<Notice | undefined>;
  update: (tx: Tx, id: number, fields: Fields) => Promise<Notice>;
  remove: (tx: Tx, id: number) => Promise<void>;
}

/** What the audit trail has of it. */
const audited = ({ id: _, ...fields }: { id: number }): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );

function noticesOf<Written extends object, Notice extends Written & { id: number }>(of: Notices<Written, Notice>) {
  const kind = (what: "created" | "changed" | "deleted") => `${of.kind}.${what}` as AuditKind;
  return {
    create(context: Context, by: UserAuthor, fields: Written): Promise<Notice> {
      requireAdministrator(by.actor);
      of.check(fields);
      return transact(context, async (tx) => {
        const made = await of.insert(tx, fields, by.actor.id);
        const event = { place: {}, kind: kind("created"), subject: made.id, before: null, after: audited(made) };
        await record(tx, by, event);
        return made;
      });
    },
    change(context: Context, by: UserAuthor, id: number, wanted: Partial<Written>): Promise<Notice> {
      requireAdministrator(by.actor);
      return transact(context, async (tx) => {
        const before = await of.lock(tx, id);
        if (!before) throw of.none();
        const { id: _, ...fields } = { ...before, ...wanted };
        of.check(fields as unknown as Written);
        const after = await of.update(tx, id, fields as unknown as Written);
        await record(tx, by, ...changes({}, kind("changed"), id, audited(before), audited(after)));
        return after;
      });
    },
    delete(context: Context, by: UserAuthor, id: number): Promise<void> {
      requireAdministrator(by.actor);
      return transact(context, async (tx) => {
        const before = await of.lock(tx, id);
        if (!before) throw of.none();
        await of.remove(tx, id);
        const event = { place: {}, kind: kind("deleted"), subject: id, before: audited(before), after: null };
        await record(tx, by, event);
      });
    },
  };
}

export const announcements = noticesOf<AnnouncementFields, Announcement>({
  kind: "announcement",
  none: () => new Refusal("not-found", "NO_SUCH_ANNOUNCEMENT", "There is no such announcement."),
  check({ starts_at, ends_at }) {
    if (ends_at === null || ends_at > starts_at) return;
    const message = "An announcement ends after it starts.";
    throw new Refusal("invalid", "ENDS_BEFORE_START", message, { ends_at: [message] });
  },
  insert: insertAnnouncement,
  lock: lockAnnouncement,
  update: updateAnnouncement,
  remove: deleteAnnouncement,
});

const noSuchNews = () => new Refusal("not-found", "NO_SUCH_NEWS", "There are no such news.");

export const news = noticesOf<NewsFields, NewsPost>({
  kind: "news",
  none: noSuchNews,
  check: () => undefined,
  insert: insertNews,
  lock: lockNews,
  update: updateNews,
  remove: deleteNews,
});

/** The announcements of this moment, the latest first. */
export const currentAnnouncements = ({ db, now }: Context): Promise<Announcement[]> => readCurrent(db, now());

/** A page of all announcements, for administrators. */
export function allAnnouncements({ db }: Context, actor: Actor, part: Part) {
  requireAdministrator(actor);
  return pageOfAnnouncements(db, part);
}

/** A page of the news. `withLater` has also what is published later, for administrators. */
export function listNews({ db, now }: Context, actor: Actor, withLater: boolean, part: Part) {
  if (withLater) requireAdministrator(actor);
  return pageOfNews(db, withLater ? null : now(), part);
}

/** A post that the actor may read. */
export async function newsPost({ db, now }: Context, actor: Actor, id: number): Promise<NewsPost> {
  const found = await findNews(db, id);
  if (!found || (found.published_at > now() && !may(actor, "platform.administer", null))) throw noSuchNews();
  return found;
}
