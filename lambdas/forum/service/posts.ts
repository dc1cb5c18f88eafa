import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { postWanted } from "../../accounts/service/optional-mail.ts";
import { tryOnce } from "../../accounts/service/throttle.ts";
import { may, permissions, type Actor, type PostFacts, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";
import { follow, makeDue, markRead, membersNamed } from "../db/follows.ts";
import {
  findPost,
  forgetReports,
  insertPost,
  insertReport,
  pageOfPosts as readPage,
  pageOfReported,
  removePost as removeRow,
  updatePost,
  type PostFilter,
  type PostRow,
} from "../db/posts.ts";
import { lockThread } from "../db/threads.ts";
import { authorSeenBy, type SeenAuthor } from "../rules/author.ts";
import { mentionsIn } from "../rules/mentions.ts";
import { noSuchThread, threadOf } from "./find-thread.ts";
import { forumUrl, type Forum } from "./forum.ts";

/** After a mail about a thread, the next one waits this long, unless its reader has read the thread. */
const mailPauseSeconds = 3600;

/** A post as somebody sees it. */
export interface SeenPost extends PostRow {
  author: SeenAuthor;
  permissions: Record<string, boolean>;
}

const factsOf = ({ facts }: Forum, { author_id, is_locked, removed_when }: PostRow): PostFacts => ({
  author_id: removed_when === null ? author_id : null,
  locked: is_locked,
  competition: facts,
});

function seen(actor: Actor, forum: Forum, row: PostRow): SeenPost {
  const author = { id: row.author_id, username: row.author_username, display_name: row.author_display_name };
  return {
    ...row,
    reports: forum.reader.organizes ? row.reports : 0,
    author: authorSeenBy(forum.reader, author, forum),
    permissions: permissions(actor, "post", factsOf(forum, row)),
  };
}

/** A page of the posts of a thread of the forum, and their number. */
export async function pageOfPosts(
  context: Context,
  actor: Actor,
  forum: Forum,
  threadId: number,
  filter: PostFilter,
  part: Part,
) {
  await threadOf(context, forum, threadId);
  const { count, rows } = await readPage(context.db, threadId, filter, part);
  return { count, posts: rows.map((row) => seen(actor, forum, row)) };
}

const noSuchPost = () => new Refusal("not-found", "NO_SUCH_POST", "There is no such post in this thread.");

async function postOf({ db }: Context, forum: Forum, threadId: number, id: number): Promise<PostRow> {
  const row = await findPost(db, forum.competition.id, threadId, id);
  if (!row) throw noSuchPost();
  return row;
}

/** Counts a post or report against the throttle. Organizers are not limited. */
export async function countPost(context: Context, actor: UserActor, { competition, reader }: Forum): Promise<void> {
  if (!reader.organizes) await tryOnce(context, ["forumPost", String(actor.id), String(competition.id)]);
}

/**
 * Stores a post at the end of a thread that the caller has locked or made. Its author follows the thread, and so does
 * whoever it names. Mail to all others who follow it becomes due.
 */
export async function addPost(tx: Tx, actor: UserActor, forum: Forum, threadId: number, text: string): Promise<number> {
  const postId = await insertPost(tx, threadId, actor.id, text);
  const named = await membersNamed(tx, forum.competition.id, mentionsIn(text), forum.organizers);
  await follow(tx, threadId, [...new Set([actor.id, ...named])]);
  await markRead(tx, threadId, actor.id, postId);
  await makeDue(tx, threadId, actor.id, mailPauseSeconds);
  return postId;
}

/** Writes a post in a thread of the forum. Refused if the thread is locked, except for organizers. */
export async function createPost(
  context: Context,
  actor: UserActor,
  forum: Forum,
  threadId: number,
  text: string,
): Promise<SeenPost> {
  await threadOf(context, forum, threadId);
  await countPost(context, actor, forum);
  const id = await transact(context, async (tx) => {
    const thread = await lockThread(tx, threadId);
    if (!thread) throw noSuchThread();
    if (thread.is_locked && !forum.reader.organizes) throw threadLocked();
    return addPost(tx, actor, forum, threadId, text);
  });
  return seen(actor, forum, await postOf(context, forum, threadId, id));
}

const threadLocked = () =>
  new Refusal("forbidden", "THREAD_LOCKED", "The organizers have locked this thread, so only they can write in it.");

const alreadyRemoved = () => new Refusal("conflict", "POST_REMOVED", "This post was removed.");

/** Replaces the text of the actor's own post. It gets a mark that it was edited. */
export async function editPost(
  context: Context,
  actor: UserActor,
  forum: Forum,
  threadId: number,
  id: number,
  text: string,
): Promise<SeenPost> {
  const post = await postOf(context, forum, threadId, id);
  if (post.author_id !== actor.id)
    throw new Refusal("forbidden", "NOT_ALLOWED", "You may change only what you wrote yourself.");
  if (post.removed_when !== null) throw alreadyRemoved();
  if (!may(actor, "post.edit", factsOf(forum, post))) throw threadLocked();
  if (!(await transact(context, (tx) => updatePost(tx, id, text)))) throw alreadyRemoved();
  return seen(actor, forum, await postOf(context, forum, threadId, id));
}

/** Removes the text of a post: its author does, or an organizer, whose reason everybody can read. */
export async function removePost(
  context: Context,
  by: UserAuthor,
  forum: Forum,
  threadId: number,
  id: number,
): Promise<void> {
  const post = await postOf(context, forum, threadId, id);
  if (post.removed_when !== null) throw alreadyRemoved();
  if (!may(by.actor, "post.remove", factsOf(forum, post)))
    throw new Refusal("forbidden", "NOT_ALLOWED", "Only its author and the organizers may remove this post.");
  const isOwn = post.author_id === by.actor.id;
  await transact(context, async (tx) => {
    if (!(await removeRow(tx, id, isOwn ? "author" : "organizer", isOwn ? null : by.reason))) throw alreadyRemoved();
    if (isOwn) return;
    await record(tx, by, {
      place: { competition: forum.competition.id },
      kind: "post.removed",
      subject: id,
      before: { thread: threadId, author: post.author_id },
      after: null,
    });
  });
}

/** Reports a post to the organizers. They get mail about the first report of a post. */
export async function reportPost(
  context: Context,
  actor: UserActor,
  forum: Forum,
  threadId: number,
  id: number,
  reason: string | null,
): Promise<void> {
  const post = await postOf(context, forum, threadId, id);
  if (post.removed_when !== null) throw alreadyRemoved();
  await countPost(context, actor, forum);
  const { competition, organizers } = forum;
  await transact(context, async (tx) => {
    if (!(await insertReport(tx, id, actor.id, reason))) return;
    const mail = {
      subject: `A post in the forum of ${competition.title} was reported`,
      body: `${actor.username} reported a post in "${post.thread_title}"${reason === null ? "." : `: ${reason}`}\n\n${forumUrl(context, competition.id)}${threadId}/\n`,
    };
    await postWanted(
      tx,
      context,
      "allow_forum_notifications",
      organizers.map((to) => ({ to, ...mail })),
    );
  });
}

/** A page of the posts that were reported, and their number. Organizers read it. */
export async function reportedPosts({ db }: Context, actor: Actor, forum: Forum, part: Part) {
  const { count, rows } = await pageOfReported(db, forum.competition.id, part);
  return {
    count,
    posts: rows.map((row) => ({ ...row, ...seen(actor, forum, row) })),
  };
}

/** Forgets what was reported about a post that stays. */
export async function dismissReports(context: Context, forum: Forum, postId: number): Promise<void> {
  const forgotten = await transact(context, (tx) => forgetReports(tx, forum.competition.id, postId));
  if (!forgotten) throw new Refusal("not-found", "NO_SUCH_REPORT", "Nobody has reported this post.");
}
