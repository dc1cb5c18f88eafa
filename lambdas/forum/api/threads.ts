import * as z from "zod";
import { forumFor } from "../service/forum.ts";
import { threadOf } from "../service/find-thread.ts";
import {
  changeThread,
  createThread,
  deleteThread,
  followThread,
  pageOfThreads,
  readThread,
} from "../service/threads.ts";
import { permissions } from "../../policy/policy.ts";
import { boolean, idParams, integer, oneLine, secretKey } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";
import { shownThread, threadPage, threadSchema } from "./shapes.ts";

const path = "/api/competitions/{id}/forum/threads/";
export const threadParams = idParams.extend({ thread: integer });

const title = oneLine(200).min(1, "A thread has a title.");
/** The text of a post. It is Markdown, and stored and shown as its author wrote it. */
export const text = z
  .string()
  .max(20_000)
  .refine((given) => given.trim() !== "", "A post has a text.");

export const threadRoutes = [
  route({
    method: "GET",
    path,
    summary: "The threads of a competition's forum: pinned ones first, then those with the latest posts",
    access: "anyone",
    params: idParams,
    query: pageQuery(50).extend({
      search: z.string().max(200).optional().meta({ description: "Words in the title or the posts" }),
      secret_key: secretKey,
    }),
    answer: { status: 200, description: "A page, and what you may do in the forum", schema: threadPage },
    async handle({ context, actor, params, query }) {
      const forum = await forumFor(context, actor, params.id, null, query.secret_key);
      const { count, threads } = await pageOfThreads(context, forum, query.search, offset(query));
      const at = `/api/competitions/${params.id}/forum/threads/`;
      const body = page.of(context, at, query, count, threads.map(shownThread));
      return { status: 200, body: { ...body, permissions: permissions(actor, "forum", forum.facts) } };
    },
  }),
  route({
    method: "POST",
    path,
    summary: "Begin a thread (participants and organizers)",
    access: "user",
    params: idParams,
    body: z.object({ title, text }),
    answer: { status: 201, description: "The thread", schema: threadSchema },
    async handle({ context, actor, reason, params, body }) {
      const forum = await forumFor(context, actor, params.id, "forum.write");
      return { status: 201, body: shownThread(await createThread(context, { actor, reason }, forum, body)) };
    },
  }),
  route({
    method: "GET",
    path: `${path}{thread}/`,
    summary: "A thread of a competition's forum",
    access: "anyone",
    params: threadParams,
    query: z.object({ secret_key: secretKey }),
    answer: { status: 200, description: "The thread", schema: threadSchema },
    async handle({ context, actor, params, query }) {
      const forum = await forumFor(context, actor, params.id, null, query.secret_key);
      return { status: 200, body: shownThread(await threadOf(context, forum, params.thread)) };
    },
  }),
  route({
    method: "PATCH",
    path: `${path}{thread}/`,
    summary: "Rename, pin or lock a thread (organizers)",
    access: "user",
    audited: true,
    params: threadParams,
    body: z.object({ title: title.optional(), is_pinned: boolean.optional(), is_locked: boolean.optional() }),
    answer: { status: 200, description: "The thread", schema: threadSchema },
    async handle({ context, actor, reason, params, body }) {
      const forum = await forumFor(context, actor, params.id, "forum.moderate");
      const thread = await changeThread(context, { actor, reason }, forum, params.thread, body);
      return { status: 200, body: shownThread(thread) };
    },
  }),
  route({
    method: "DELETE",
    path: `${path}{thread}/`,
    summary: "Delete a thread with its posts (organizers; its author, while nobody else has written in it)",
    access: "user",
    audited: true,
    params: threadParams,
    answer: { status: 204, description: "The thread is deleted" },
    async handle({ context, actor, reason, params }) {
      const forum = await forumFor(context, actor, params.id, null);
      await deleteThread(context, { actor, reason }, forum, params.thread);
      return { status: 204 };
    },
  }),
  route({
    method: "POST",
    path: `${path}{thread}/read/`,
    summary: "Note that you have read a thread, or its posts up to one of them",
    access: "user",
    params: threadParams,
    body: z.object({ post: integer.optional() }),
    answer: { status: 200, description: "The thread", schema: threadSchema },
    async handle({ context, actor, params, body }) {
      const forum = await forumFor(context, actor, params.id, null);
      return { status: 200, body: shownThread(await readThread(context, forum, params.thread, body.post)) };
    },
  }),
  route({
    method: "PUT",
    path: `${path}{thread}/follow/`,
    summary: "Say whether you want mail about new posts in a thread",
    access: "user",
    params: threadParams,
    body: z.object({ wants_mail: boolean }),
    answer: { status: 200, description: "The thread", schema: threadSchema },
    async handle({ context, actor, params, body }) {
      const forum = await forumFor(context, actor, params.id, null);
      return { status: 200, body: shownThread(await followThread(context, forum, params.thread, body.wants_mail)) };
    },
  }),
];
