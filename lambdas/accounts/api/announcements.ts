/** Announcements and news. */
import * as z from "zod";
import { announcementLevels } from "../rules/announcement.ts";
import {
  allAnnouncements,
  announcements,
  currentAnnouncements,
  listNews,
  news,
  newsPost,
} from "../service/announcements.ts";
import { boolean, idParams, instant, nothing, oneLine } from "../../http/fields.ts";
import { offset, page, pageQuery } from "../../http/paging.ts";
import { route } from "../../http/route.ts";

export const announcementSchema = z
  .object({
    id: z.int(),
    text: z.string().meta({ description: "Markdown" }),
    level: z.enum(announcementLevels),
    starts_at: z.date(),
    ends_at: z.date().nullable().meta({ description: "Null: until it is deleted" }),
  })
  .meta({ id: "Announcement" });

const newsSchema = z
  .object({
    id: z.int(),
    title: z.string(),
    text: z.string().meta({ description: "Markdown" }),
    published_at: z.date(),
  })
  .meta({ id: "News" });

const announcementChanges = z.object({
  text: z.string().trim().min(1).max(2000).optional(),
  level: z.enum(announcementLevels).optional(),
  starts_at: instant.optional(),
  ends_at: nothing(instant).optional(),
});
const newsChanges = z.object({
  title: oneLine(200).min(1).optional(),
  text: z.string().trim().min(1).max(50_000).optional(),
  published_at: instant.optional(),
});

/** The fields of a request that it has. */
const given = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };

const announcementRoutes = [
  route({
    method: "GET",
    path: "/api/announcements/",
    summary:
      "What administrators announce now, the latest first. `all` gives past and future ones as well, in pages (superusers)",
    access: "anyone",
    query: pageQuery(50).extend({ all: boolean.default(false) }),
    answer: { status: 200, description: "A page of announcements", schema: page(announcementSchema) },
    async handle({ context, actor, query }) {
      const path = "/api/announcements/";
      if (!query.all) {
        const rows = await currentAnnouncements(context);
        return {
          status: 200,
          body: page.of(context, path, { page: 1, page_size: query.page_size }, rows.length, rows),
        };
      }
      const { count, rows } = await allAnnouncements(context, actor, offset(query));
      return { status: 200, body: page.of(context, path, query, count, rows) };
    },
  }),
  route({
    method: "POST",
    path: "/api/announcements/",
    summary: "Announce something to everybody (superusers)",
    access: "user",
    audited: true,
    body: announcementChanges.extend({
      text: announcementChanges.shape.text.unwrap(),
      level: z.enum(announcementLevels).default("info"),
    }),
    answer: { status: 201, description: "The announcement", schema: announcementSchema },
    async handle({ context, actor, reason, body }) {
      const { text, level, starts_at = context.now(), ends_at = null } = body;
      return {
        status: 201,
        body: await announcements.create(context, { actor, reason }, { text, level, starts_at, ends_at }),
      };
    },
  }),
  route({
    method: "PATCH",
    path: "/api/announcements/{id}/",
    summary: "Change an announcement; missing fields stay unchanged (superusers)",
    access: "user",
    audited: true,
    params: idParams,
    body: announcementChanges,
    answer: { status: 200, description: "The announcement", schema: announcementSchema },
    async handle({ context, actor, reason, params, body }) {
      return { status: 200, body: await announcements.change(context, { actor, reason }, params.id, given(body)) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/announcements/{id}/",
    summary: "Delete an announcement (superusers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      await announcements.delete(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
];

const newsRoutes = [
  route({
    method: "GET",
    path: "/api/news/",
    summary: "News, the latest first. `all` gives those that are published later as well (superusers)",
    access: "anyone",
    query: pageQuery(10).extend({ all: boolean.default(false) }),
    answer: { status: 200, description: "A page of news", schema: page(newsSchema) },
    async handle({ context, actor, query }) {
      const { count, rows } = await listNews(context, actor, query.all, offset(query));
      return { status: 200, body: page.of(context, "/api/news/", query, count, rows) };
    },
  }),
  route({
    method: "GET",
    path: "/api/news/{id}/",
    summary: "One of the news",
    access: "anyone",
    params: idParams,
    answer: { status: 200, description: "The post", schema: newsSchema },
    handle: async ({ context, actor, params }) => ({ status: 200, body: await newsPost(context, actor, params.id) }),
  }),
  route({
    method: "POST",
    path: "/api/news/",
    summary: "Publish news, now or later (superusers)",
    access: "user",
    audited: true,
    body: newsChanges.required({ title: true, text: true }),
    answer: { status: 201, description: "The post", schema: newsSchema },
    async handle({ context, actor, reason, body }) {
      const { title, text, published_at = context.now() } = body;
      return { status: 201, body: await news.create(context, { actor, reason }, { title, text, published_at }) };
    },
  }),
  route({
    method: "PATCH",
    path: "/api/news/{id}/",
    summary: "Change news; missing fields stay unchanged (superusers)",
    access: "user",
    audited: true,
    params: idParams,
    body: newsChanges,
    answer: { status: 200, description: "The post", schema: newsSchema },
    async handle({ context, actor, reason, params, body }) {
      return { status: 200, body: await news.change(context, { actor, reason }, params.id, given(body)) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/news/{id}/",
    summary: "Delete news (superusers)",
    access: "user",
    audited: true,
    params: idParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      await news.delete(context, { actor, reason }, params.id);
      return { status: 204 };
    },
  }),
];

export const noticeRoutes = [...announcementRoutes, ...newsRoutes];
