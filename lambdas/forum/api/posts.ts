import * as z from "zod";
import { forumFor } from "../service/forum.ts";
import {
  createPost,
  dismissReports,
  editPost,
  pageOfPosts,
  removePost,
  reportedPosts,
  reportPost,
} from "../service/posts.ts";
import { idParams, integer, secretKey } from "../../http/fields.ts";
import { offset, ordering, orderOf, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";
import { postSchema, shownPost } from "./shapes.ts";
import { text, threadParams } from "./threads.ts";

const path = "/api/competitions/{id}/forum/threads/{thread}/posts/";
const postParams = threadParams.extend({ post: integer });
const reportsPath = "/api/competitions/{id}/forum/reports/";

const reportedSchema = postSchema.extend({
  thread_title: z.string(),
  reported_by: z.array(z.object({ username: z.string(), reason: z.string().nullable() })),
});

export const postRoutes = [
  route({
    method: "GET",
    path,
    summary: "The posts of a thread, by time",
    access: "anyone",
    params: threadParams,
    query: pageQuery(50).extend({
      search: z.string().max(200).optional().meta({ description: "Words in the posts" }),
      ordering: ordering("created_when"),
      secret_key: secretKey,
    }),
    answer: { status: 200, description: "A page of posts", schema: page(postSchema) },
    async handle({ context, actor, params, query }) {
      const forum = await forumFor(context, actor, params.id, null, query.secret_key);
      const { descending } = orderOf(query.ordering, { field: "created_when", descending: false });
      const filter = { search: query.search, descending };
      const { count, posts } = await pageOfPosts(context, actor, forum, params.thread, filter, offset(query));
      const at = `/api/competitions/${params.id}/forum/threads/${params.thread}/posts/`;
      return { status: 200, body: page.of(context, at, query, count, posts.map(shownPost)) };
    },
  }),
  route({
    method: "POST",
    path,
    summary: "Write a post in a thread (participants and organizers)",
    access: "user",
    params: threadParams,
    body: z.object({ text }),
    answer: { status: 201, description: "The post", schema: postSchema },
    async handle({ context, actor, params, body }) {
      const forum = await forumFor(context, actor, params.id, "forum.write");
      return { status: 201, body: shownPost(await createPost(context, actor, forum, params.thread, body.text)) };
    },
  }),
  route({
    method: "PATCH",
    path: `${path}{post}/`,
    summary: "Change the text of your own post; it gets a mark that it was edited",
    access: "user",
    params: postParams,
    body: z.object({ text }),
    answer: { status: 200, description: "The post", schema: postSchema },
    async handle({ context, actor, params, body }) {
      const forum = await forumFor(context, actor, params.id, null);
      const post = await editPost(context, actor, forum, params.thread, params.post, body.text);
      return { status: 200, body: shownPost(post) };
    },
  }),
  route({
    method: "DELETE",
    path: `${path}{post}/`,
    summary: "Remove your own post, or any as an organizer; everybody can read the reason of an organizer",
    access: "user",
    audited: true,
    params: postParams,
    answer: { status: 204, description: "The text is deleted. That there was a post stays" },
    async handle({ context, actor, reason, params }) {
      const forum = await forumFor(context, actor, params.id, null);
      await removePost(context, { actor, reason }, forum, params.thread, params.post);
      return { status: 204 };
    },
  }),
  route({
    method: "POST",
    path: `${path}{post}/report/`,
    summary: "Report a post to the organizers",
    access: "user",
    params: postParams,
    body: z.object({ reason: z.string().trim().max(1000).nullish() }),
    answer: { status: 204, description: "The post is reported" },
    async handle({ context, actor, params, body }) {
      const forum = await forumFor(context, actor, params.id, null);
      await reportPost(context, actor, forum, params.thread, params.post, body.reason || null);
      return { status: 204 };
    },
  }),
  route({
    method: "GET",
    path: reportsPath,
    summary: "Posts that were reported, the latest first (organizers)",
    access: "user",
    params: idParams,
    query: pageQuery(50),
    answer: { status: 200, description: "A page of posts", schema: page(reportedSchema) },
    async handle({ context, actor, params, query }) {
      const forum = await forumFor(context, actor, params.id, "forum.moderate");
      const { count, posts } = await reportedPosts(context, actor, forum, offset(query));
      const results = posts.map((post) => ({
        ...shownPost(post),
        thread_title: post.thread_title,
        reported_by: post.reported_by,
      }));
      return {
        status: 200,
        body: page.of(context, `/api/competitions/${params.id}/forum/reports/`, query, count, results),
      };
    },
  }),
  route({
    method: "DELETE",
    path: `${reportsPath}{post}/`,
    summary: "Dismiss what was reported about a post; the post stays (organizers)",
    access: "user",
    params: idParams.extend({ post: integer }),
    answer: { status: 204, description: "The reports are dismissed" },
    async handle({ context, actor, params }) {
      const forum = await forumFor(context, actor, params.id, "forum.moderate");
      await dismissReports(context, forum, params.post);
      return { status: 204 };
    },
  }),
];
