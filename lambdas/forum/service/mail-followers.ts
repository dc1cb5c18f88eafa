import { postWanted } from "../../accounts/service/optional-mail.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { takeDue, type DueMail } from "../db/follows.ts";
import { findForum } from "../db/threads.ts";
import { authorSeenBy, type Naming } from "../rules/author.ts";
import { forumMail } from "../rules/forum-mail.ts";
import { findCompetitionAccess } from "../../competitions/db/competitions.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { forumUrl } from "./forum.ts";

/** People and threads of one round. What is left follows a minute later. */
const batch = 1000;

/**
 * Writes the mail about new posts that is due: one for each person and competition, however many posts there are. Posts
 * that come before it is written are in it.
 */
export async function mailFollowers(context: Context): Promise<void> {
  await transact(context, async (tx) => {
    const due = (await takeDue(tx, batch)).filter(({ may_read, count }) => may_read && count > 0);
    const namings = new Map<number, Naming>();
    for (const id of new Set(due.map(({ competition_id }) => competition_id))) namings.set(id, await namingOf(tx, id));
    const digests = Map.groupBy(due, ({ user_id, competition_id }) => `${user_id} ${competition_id}`);
    const mails = [...digests.values()].map((threads) => {
      const { user_id, competition_id, competition_title } = threads[0]!;
      const url = forumUrl(context, competition_id);
      const posts = threads.map((one) => newPosts(one, namings.get(competition_id)!));
      return { to: user_id, ...forumMail(competition_title, url, posts) };
    });
    await postWanted(tx, context, "allow_forum_notifications", mails);
  });
}

async function namingOf(tx: Tx, competitionId: number): Promise<Naming> {
  const { anonymous_leaderboard, pseudonym_key } = await findForum(tx, competitionId);
  const access = await findCompetitionAccess(tx, competitionId);
  return {
    organizers: access ? [access.created_by, ...access.collaborators] : [],
    pseudonymKey: anonymous_leaderboard ? pseudonym_key : null,
  };
}

const newPosts = (one: DueMail, naming: Naming) => ({
  threadId: one.thread_id,
  title: one.title,
  count: one.count,
  text: one.text ?? "",
  author: authorSeenBy(
    { id: one.user_id, organizes: one.organizes },
    { id: one.author_id, username: one.author_username, display_name: one.author_display_name },
    naming,
  ).display_name,
});
