import { changes } from "../../accounts/rules/audit.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { notAllowed, Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { follow, markRead, setWantsMail } from "../db/follows.ts";
import {
  deleteThread as deleteRow,
  hasOtherAuthors,
  insertThread,
  lockThread,
  pageOfThreads as readPage,
  updateThread,
  type ThreadChange,
} from "../db/threads.ts";
import { noSuchThread, seenThread, threadOf, type SeenThread } from "./find-thread.ts";
import type { Forum } from "./forum.ts";
import { addPost, countPost } from "./posts.ts";

/** A page of the threads of a forum, and their number. */
export async function pageOfThreads({ db }: Context, forum: Forum, search: string | undefined, part: Part) {
  const { count, rows } = await readPage(db, forum.competition.id, forum.reader.id, search, part);
  return { count, threads: rows.map((row) => seenThread(forum, row)) };
}

/** Begins a thread with its first post. Its author and the organizers follow it. */
export async function createThread(
  context: Context,
  { actor }: UserAuthor,
  forum: Forum,
  { title, text }: { title: string; text: string },
): Promise<SeenThread> {
  await countPost(context, actor, forum);
  const id = await transact(context, async (tx) => {
    const threadId = await insertThread(tx, forum.competition.id, actor.id, title);
    await follow(tx, threadId, forum.organizers);
    await addPost(tx, actor, forum, threadId, text);
    return threadId;
  });
  return threadOf(context, forum, id);
}

/** Renames, pins or locks a thread. Organizers do this. */
export async function changeThread(
  context: Context,
  by: UserAuthor,
  forum: Forum,
  id: number,
  change: ThreadChange,
): Promise<SeenThread> {
  await threadOf(context, forum, id);
  await transact(context, async (tx) => {
    const before = await lockThread(tx, id);
    if (!before) throw noSuchThread();
    await updateThread(tx, id, change);
    const place = { competition: forum.competition.id };
    await record(tx, by, ...changes(place, "thread.changed", id, before, { ...before, ...change }));
  });
  return threadOf(context, forum, id);
}

/** Deletes a thread with its posts. Organizers do this; its author may, while nobody else has written in it. */
export async function deleteThread(context: Context, by: UserAuthor, forum: Forum, id: number): Promise<void> {
  const { author_id } = await threadOf(context, forum, id);
  if (!forum.reader.organizes && author_id !== by.actor.id) throw notAllowed("the organizers");
  await transact(context, async (tx) => {
    const thread = await lockThread(tx, id);
    if (!thread) throw noSuchThread();
    if (!forum.reader.organizes && (await hasOtherAuthors(tx, id, by.actor.id)))
      throw new Refusal(
        "forbidden",
        "OTHERS_WROTE",
        "Other people have written in this thread, so only the organizers can delete it. You can remove your own posts.",
      );
    await deleteRow(tx, id);
    await record(tx, by, {
      place: { competition: forum.competition.id },
      kind: "thread.deleted",
      subject: id,
      before: { title: thread.title, author: author_id },
      after: null,
    });
  });
}

/** Notes that the reader has read a thread: up to a post, or all of it. */
export async function readThread(context: Context, forum: Forum, id: number, postId: number | undefined) {
  const { last_post_id } = await threadOf(context, forum, id);
  await markRead(context.db, id, forum.reader.id!, Math.min(postId ?? last_post_id, last_post_id));
  return threadOf(context, forum, id);
}

/** Sets whether the reader gets mail about new posts in a thread. */
export async function followThread(context: Context, forum: Forum, id: number, wantsMail: boolean) {
  await threadOf(context, forum, id);
  await setWantsMail(context.db, id, forum.reader.id!, wantsMail);
  return threadOf(context, forum, id);
}
