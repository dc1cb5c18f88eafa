import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { findThread, type ThreadRow } from "../db/threads.ts";
import { authorSeenBy, type SeenAuthor } from "../rules/author.ts";
import type { Forum } from "./forum.ts";

/** A thread as somebody sees it. */
export interface SeenThread extends ThreadRow {
  author: SeenAuthor;
  lastAuthor: SeenAuthor;
  /** Null if nobody is logged in. */
  isUnread: boolean | null;
}

/** A thread as the reader of a forum sees it. */
export function seenThread(forum: Forum, row: ThreadRow): SeenThread {
  const named = (id: number | null, username: string | null, display_name: string | null) =>
    authorSeenBy(forum.reader, { id, username, display_name }, forum);
  return {
    ...row,
    author: named(row.author_id, row.author_username, row.author_display_name),
    lastAuthor: named(row.last_author_id, row.last_author_username, row.last_author_display_name),
    isUnread: forum.reader.id === null ? null : row.read_post_id < row.last_post_id,
  };
}

export const noSuchThread = () => new Refusal("not-found", "NO_SUCH_THREAD", "There is no such thread in this forum.");

/** A thread of a forum. Not found if it is in none, or in another one. */
export async function threadOf({ db }: Context, forum: Forum, id: number): Promise<SeenThread> {
  const row = await findThread(db, forum.competition.id, id, forum.reader.id);
  if (!row) throw noSuchThread();
  return seenThread(forum, row);
}
