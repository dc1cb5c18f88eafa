import * as z from "zod";
import { permissionsSchema } from "../../http/permissions.ts";
import { page } from "../../http/paging.ts";
import type { SeenPost } from "../service/posts.ts";
import type { SeenThread } from "../service/find-thread.ts";

export const authorSchema = z
  .object({
    username: z.string().nullable().meta({ description: "Null if names are hidden or the account was deleted" }),
    display_name: z.string(),
    is_organizer: z.boolean(),
  })
  .meta({ id: "ForumAuthor" });

export const threadSchema = z
  .object({
    id: z.int(),
    competition: z.int(),
    title: z.string(),
    author: authorSchema,
    created_when: z.iso.datetime(),
    is_pinned: z.boolean(),
    is_locked: z.boolean().meta({ description: "Whether nobody but organizers may write in it" }),
    post_count: z.int(),
    last_post: z.int(),
    last_post_when: z.iso.datetime(),
    last_author: authorSchema,
    is_unread: z.boolean().nullable().meta({ description: "Null if nobody is logged in" }),
    last_read_post: z.int().nullable(),
    wants_mail: z.boolean().meta({ description: "Whether you get mail about new posts in it" }),
  })
  .meta({ id: "ForumThread" });

export const shownThread = (thread: SeenThread) => ({
  id: thread.id,
  competition: thread.competition_id,
  title: thread.title,
  author: thread.author,
  created_when: thread.created_when,
  is_pinned: thread.is_pinned,
  is_locked: thread.is_locked,
  post_count: thread.post_count,
  last_post: thread.last_post_id,
  last_post_when: thread.last_post_when,
  last_author: thread.lastAuthor,
  is_unread: thread.isUnread,
  last_read_post: thread.read_post_id === 0 ? null : thread.read_post_id,
  wants_mail: thread.wants_mail,
});

export const threadPage = page(threadSchema).extend({ permissions: permissionsSchema("forum") });

export const postSchema = z
  .object({
    id: z.int(),
    thread: z.int(),
    author: authorSchema,
    text: z.string().meta({ description: "Markdown, as its author wrote it. Empty after the post was removed" }),
    created_when: z.iso.datetime(),
    edited_when: z.iso.datetime().nullable(),
    removed: z
      .object({ by: z.enum(["author", "organizer"]), when: z.iso.datetime(), reason: z.string().nullable() })
      .nullable(),
    reports: z.int().meta({ description: "How many people have reported it, for organizers" }),
    permissions: permissionsSchema("post"),
  })
  .meta({ id: "ForumPost" });

export const shownPost = (post: SeenPost) => ({
  id: post.id,
  thread: post.thread_id,
  author: post.author,
  text: post.text,
  created_when: post.created_when,
  edited_when: post.edited_when,
  removed:
    post.removed_by === null ? null : { by: post.removed_by, when: post.removed_when, reason: post.removal_reason },
  reports: post.reports,
  permissions: post.permissions,
});
