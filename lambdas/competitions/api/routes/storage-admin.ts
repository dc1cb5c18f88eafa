// What is stored now, and the inspection of the object store, for administrators.
import * as z from "zod";
import { offset, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { requestInspection, storeFindings, storeReport } from "../../service/inspect-store.ts";
import { competitionStorage, peopleStorage } from "../../service/storage-analytics.ts";

const bytes = z.number().meta({ description: "Bytes" });

const inspectionSchema = z.object({
  id: z.int(),
  started_when: z.iso.datetime(),
  finished_when: z.iso.datetime().nullable(),
  objects: z.number(),
  bytes,
  orphans: z.int(),
  orphan_bytes: bytes.meta({ description: "Of orphans that are still there" }),
  missing: z.int(),
  deletion_asked_when: z.iso.datetime().nullable(),
  deletion_finished_when: z.iso.datetime().nullable(),
  deleted: z.int(),
  kept: z.int().meta({ description: "Orphans that something referred to when they were to be deleted" }),
});

export const storageAdminRoutes = [
  route({
    method: "GET",
    path: "/api/storage/people/",
    summary: "What people store now, the most first (administrators)",
    access: "user",
    query: pageQuery(50).extend({ search: z.string().max(256).optional() }),
    answer: {
      status: 200,
      description: "A page of people",
      schema: page(
        z.object({
          id: z.int(),
          username: z.string(),
          quota_bytes: bytes,
          datasets_bytes: bytes,
          submissions_bytes: bytes.meta({ description: "Submitted files, outputs and logs" }),
        }),
      ),
    },
    async handle({ context, actor, query }) {
      const { count, rows } = await peopleStorage(context, actor, query.search, offset(query));
      return { status: 200, body: page.of(context, "/api/storage/people/", query, count, rows) };
    },
  }),
  route({
    method: "GET",
    path: "/api/storage/competitions/",
    summary: "What competitions store now, the most first (administrators)",
    access: "user",
    query: pageQuery(50),
    answer: {
      status: 200,
      description: "A page of competitions",
      schema: page(
        z.object({
          id: z.int(),
          title: z.string(),
          organizer: z.string(),
          datasets_bytes: bytes,
          submissions_bytes: bytes.meta({ description: "Submitted files, outputs and logs" }),
        }),
      ),
    },
    async handle({ context, actor, query }) {
      const { count, rows } = await competitionStorage(context, actor, offset(query));
      return { status: 200, body: page.of(context, "/api/storage/competitions/", query, count, rows) };
    },
  }),
  route({
    method: "GET",
    path: "/api/storage/inspections/",
    summary: "The last inspection of the object store, and the one that goes on (administrators)",
    access: "user",
    answer: {
      status: 200,
      description: "The reports",
      schema: z.object({ finished: inspectionSchema.nullable(), running: inspectionSchema.nullable() }),
    },
    async handle({ context, actor }) {
      const { finished = null, running = null } = await storeReport(context, actor);
      return { status: 200, body: { finished, running } };
    },
  }),
  route({
    method: "POST",
    path: "/api/storage/inspections/",
    summary: "Inspect the object store now: what nothing refers to, and what is missing (administrators)",
    access: "user",
    audited: true,
    answer: {
      status: 202,
      description: "The inspection has begun, or goes on already",
      schema: z.object({ detail: z.string() }),
    },
    async handle({ context, actor, reason }) {
      await requestInspection(context, { actor, reason });
      return { status: 202, body: { detail: "The inspection goes on in the background. Read its report here." } };
    },
  }),
  route({
    method: "GET",
    path: "/api/storage/findings/",
    summary: "What the last inspection found: orphans, or missing files (administrators)",
    access: "user",
    query: pageQuery(100).extend({ kind: z.enum(["orphan", "missing"]).default("orphan") }),
    answer: {
      status: 200,
      description: "A page of findings",
      schema: page(
        z.object({
          bucket: z.string(),
          key: z.string(),
          bytes: bytes.nullable(),
          modified_when: z.iso.datetime().nullable(),
          outcome: z.enum(["deleted", "kept"]).nullable(),
        }),
      ),
    },
    async handle({ context, actor, query }) {
      const { count, rows } = (await storeFindings(context, actor, query.kind, offset(query))) ?? {
        count: 0,
        rows: [],
      };
      return { status: 200, body: page.of(context, "/api/storage/findings/", query, count, rows) };
    },
  }),
];
