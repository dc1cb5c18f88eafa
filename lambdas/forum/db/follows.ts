/** Who follows which thread, what they have read, and when the next mail is due. */
import { sql } from "kysely";
import type { Db, Tx } from "../../kernel/db/connection.ts";

/**
 * Makes people follow a thread. Somebody who is in it already gets mail from now on. Deleted accounts follow nothing: the creator of
 * a competition may have left.
 */
export async function follow(tx: Tx, threadId: number, userIds: number[]): Promise<void> {
  if (userIds.length === 0) return;
  await tx
    .insertInto("forum_follows")
    .columns(["thread_id", "user_id", "wants_mail"])
    .expression((eb) =>
      eb
        .selectFrom("users")
        .select([sql<number>`${threadId}::int`.as("thread_id"), "id as user_id", sql<boolean>`true`.as("wants_mail")])
        .where("id", "in", userIds)
        .where("deleted_when", "is", null)
        // A deletion in progress goes first.
        .orderBy("id")
        .forKeyShare(),
    )
    .onConflict((conflict) => conflict.columns(["thread_id", "user_id"]).doUpdateSet({ wants_mail: true }))
    .execute();
}

/** Sets whether a person gets mail about a thread. */
export async function setWantsMail(db: Db, threadId: number, userId: number, wantsMail: boolean): Promise<void> {
  await db
    .insertInto("forum_follows")
    .values({ thread_id: threadId, user_id: userId, wants_mail: wantsMail })
    .onConflict((conflict) =>
      conflict
        .columns(["thread_id", "user_id"])
        .doUpdateSet({ wants_mail: wantsMail, ...(wantsMail ? {} : { due_when: null }) }),
    )
    .execute();
}

/** Notes that a person has read a thread up to a post. Whoever has read all gets no mail about it. */
export async function markRead(db: Db, threadId: number, userId: number, postId: number): Promise<void> {
  const isAll = sql`${postId}::int >= (select last_post_id from forum_threads where id = ${threadId})`;
  await db
    .insertInto("forum_follows")
    .values({ thread_id: threadId, user_id: userId, read_post_id: postId })
    .onConflict((conflict) =>
      conflict.columns(["thread_id", "user_id"]).doUpdateSet({
        read_post_id: sql<number>`greatest(forum_follows.read_post_id, ${postId}::int)`,
        due_when: sql<Date | null>`case when ${isAll} then null else forum_follows.due_when end`,
      }),
    )
    .execute();
}

/** Those of some usernames who take part in a competition: its participants and organizers. */
export async function membersNamed(tx: Tx, competitionId: number, names: string[], organizers: number[]) {
  if (names.length === 0) return [];
  const rows = await tx
    .selectFrom("users as u")
    .select("u.id")
    .where(sql<string>`lower(u.username)`, "in", names)
    .where((eb) =>
      eb.or([
        sql<boolean>`u.id = any(${organizers}::int[])`,
        eb.exists(
          eb
            .selectFrom("participants as p")
            .select("p.id")
            .where("p.competition_id", "=", competitionId)
            .where("p.status", "=", "approved")
            .whereRef("p.user_id", "=", "u.id"),
        ),
      ]),
    )
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Makes mail about a new post due for everybody who follows the thread, but not for its author: at once, or when
 * `pauseSeconds` have passed since the last mail about this thread that its reader has not followed.
 */
export async function makeDue(tx: Tx, threadId: number, authorId: number, pauseSeconds: number): Promise<void> {
  await sql`
    update forum_follows
    set due_when = case
      when mailed_when is null or read_post_id >= mailed_post_id then now()
      else greatest(now(), mailed_when + make_interval(secs => ${pauseSeconds})) end
    where thread_id = ${threadId} and user_id != ${authorId} and wants_mail and due_when is null`.execute(tx);
}

/** A person to whom mail about a thread is due, and what is new to them. */
export interface DueMail {
  user_id: number;
  thread_id: number;
  title: string;
  competition_id: number;
  competition_title: string;
  /** Whether they may still read the forum. */
  may_read: boolean;
  organizes: boolean;
  /** New posts that were not removed and are not their own. */
  count: number;
  text: string | null;
  author_id: number | null;
  author_username: string | null;
  author_display_name: string | null;
}

/** Takes mail that is due. Nobody else gets it, and the pause until the next one begins. */
export async function takeDue(tx: Tx, limit: number): Promise<DueMail[]> {
  const { rows: taken } = await sql<{ thread_id: number; user_id: number; since: number }>`
    select thread_id, user_id, greatest(read_post_id, mailed_post_id) as since from forum_follows
    where due_when <= now() order by due_when limit ${limit} for update skip locked`.execute(tx);
  if (taken.length === 0) return [];
  const list = sql`unnest(${taken.map((one) => one.thread_id)}::int[], ${taken.map((one) => one.user_id)}::int[],
    ${taken.map((one) => one.since)}::int[]) as d(thread_id, user_id, since)`;
  await sql`
    update forum_follows f set due_when = null, mailed_when = now(), mailed_post_id = t.last_post_id
    from ${list} join forum_threads t on t.id = d.thread_id
    where f.thread_id = d.thread_id and f.user_id = d.user_id`.execute(tx);
  const { rows } = await sql<DueMail>`
    select d.user_id, d.thread_id, t.title, c.id as competition_id, c.title as competition_title, o.organizes,
      c.forum_enabled and (c.published or o.organizes or exists (
        select 1 from participants p
        where p.competition_id = c.id and p.user_id = d.user_id and p.status = 'approved')) as may_read,
      new.count, first.text, first.author_id, a.username as author_username, a.display_name as author_display_name
    from ${list}
    join forum_threads t on t.id = d.thread_id
    join competitions c on c.id = t.competition_id
    join users u on u.id = d.user_id
    cross join lateral (select u.is_superuser or c.created_by = d.user_id or exists (
      select 1 from competition_collaborators cc where cc.competition_id = c.id and cc.user_id = d.user_id)
      as organizes) o
    cross join lateral (select count(*)::int as count, min(p.id) as first_id from forum_posts p
      where p.thread_id = d.thread_id and p.id > d.since and p.removed_when is null
      and p.author_id is distinct from d.user_id) new
    left join forum_posts first on first.id = new.first_id
    left join users a on a.id = first.author_id
    order by d.user_id, c.id, t.id`.execute(tx);
  return rows;
}
