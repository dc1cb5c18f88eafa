// Kysely types of the tables of forums.
import type { Generated } from "kysely";
import type { Now, Timestamp } from "../../kernel/db/schema.ts";

declare module "../../kernel/db/schema.ts" {
  interface Database extends ForumTables {}
}

interface ForumTables {
  forum_threads: ThreadsTable;
  forum_posts: PostsTable;
  forum_reports: ReportsTable;
  forum_follows: FollowsTable;
}

interface ThreadsTable {
  id: Generated<number>;
  competition_id: number;
  /** Null: a deleted user. */
  author_id: number | null;
  title: string;
  is_pinned: Generated<boolean>;
  /** Whether nobody but organizers may write in it. */
  is_locked: Generated<boolean>;
  created_when: Now;
  /** The number of its posts, with those that were removed. */
  post_count: Generated<number>;
  last_post_id: Generated<number>;
  last_post_when: Now;
}

interface PostsTable {
  id: Generated<number>;
  thread_id: number;
  /** Null: a deleted user. */
  author_id: number | null;
  /** Markdown. Empty after the post was removed. */
  text: string;
  created_when: Now;
  edited_when: Timestamp | null;
  removed_when: Timestamp | null;
  removed_by: "author" | "organizer" | null;
  removal_reason: string | null;
}

interface ReportsTable {
  post_id: number;
  user_id: number;
  reason: string | null;
  created_when: Now;
}

/** What a person has read of a thread, and gets mail about. */
interface FollowsTable {
  thread_id: number;
  user_id: number;
  wants_mail: Generated<boolean>;
  /** The last post that the person has read. 0: none. */
  read_post_id: Generated<number>;
  /** The last post that a mail told of. 0: none. */
  mailed_post_id: Generated<number>;
  mailed_when: Timestamp | null;
  /** When the next mail is to be written. */
  due_when: Timestamp | null;
}
