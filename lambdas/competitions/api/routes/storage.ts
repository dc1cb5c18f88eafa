// What people store, and how they clean up. The addresses of Codabench are beside those with more detail.
import * as z from "zod";
import { idParams } from "../../../http/fields.ts";
import { offset, page, pageQuery } from "../../../http/paging.ts";
import { route } from "../../../http/route.ts";
import { cleanups, listedKinds, storedKinds, type Cleanup } from "../../rules/storage.ts";
import { cleanUp, cleanupsOf, unneededOf } from "../../service/clean-up.ts";
import { ownFiles, ownStorage, participantStorage } from "../../service/storage-analytics.ts";

const bytes = z.number().meta({ description: "Bytes" });
const when = z.iso.datetime();

/** Codabench's addresses for cleaning up, and how it names what they delete. */
const deletions: [path: string, what: Cleanup, name: string][] = [
  ["delete_unused_tasks", "unused_tasks", "Unused tasks"],
  ["delete_unused_datasets", "unused_datasets_programs", "Unused datasets and programs"],
  ["delete_unused_submissions", "unused_submissions", "Unused submissions"],
  ["delete_failed_submissions", "failed_submissions", "Failed submissions"],
  ["delete_unused_starting_kits", "unused_starting_kits", "Unused starting kits"],
  [
    "delete_unused_competition_bundles_and_dumps",
    "unused_competition_bundles_and_dumps",
    "Unused competition bundles and dumps",
  ],
];

const whatParams = z.object({ what: z.enum(cleanups) });

export const storageRoutes = [
  route({
    method: "GET",
    path: "/api/user_quota/",
    summary: "How much you may store, in gigabytes, and how much you do, in bytes",
    access: "user",
    answer: {
      status: 200,
      description: "Quota and use",
      schema: z.object({ quota: z.number(), quota_bytes: bytes, storage_used: bytes }),
    },
    async handle({ context, actor }) {
      const { used, quota } = await ownStorage(context, actor.id);
      return { status: 200, body: { quota: quota / 1e9, quota_bytes: quota, storage_used: used } };
    },
  }),
  route({
    method: "GET",
    path: "/api/user_quota_cleanup/",
    summary: "How many things you could clean up, of each kind",
    access: "user",
    answer: {
      status: 200,
      description: "Numbers by kind",
      schema: z.record(z.enum(cleanups), z.int()),
    },
    async handle({ context, actor }) {
      const found = Object.entries(await cleanupsOf(context, actor.id));
      return { status: 200, body: Object.fromEntries(found.map(([what, { count }]) => [what, count])) };
    },
  }),
  ...deletions.map(([path, what, name]) =>
    route({
      method: "DELETE",
      path: `/api/${path}/`,
      summary: `${name}: delete yours. storage/cleanup/${what}/ lists them first`,
      access: "user",
      audited: true,
      answer: {
        status: 200,
        description: "Deleted",
        schema: z.object({ success: z.boolean(), message: z.string() }),
      },
      async handle({ context, actor, reason }) {
        const { deleted, isAll } = await cleanUp(context, { actor, reason }, what);
        const message = isAll
          ? `${name} deleted successfully`
          : `${deleted} were deleted and there are more. Repeat the request to delete the rest.`;
        return { status: 200, body: { success: true, message } };
      },
    }),
  ),
  route({
    method: "GET",
    path: "/api/storage/",
    summary: "What you store, by kind, what you may store, and what you could clean up",
    access: "user",
    answer: {
      status: 200,
      description: "Bytes by kind",
      schema: z.object({
        quota_bytes: bytes,
        used_bytes: bytes,
        kinds: z.array(z.object({ kind: z.enum(storedKinds), files: z.int(), bytes })),
        cleanups: z.record(z.enum(cleanups), z.object({ count: z.int(), bytes })),
      }),
    },
    async handle({ context, actor }) {
      const { used, quota, kinds } = await ownStorage(context, actor.id);
      const found = await cleanupsOf(context, actor.id);
      return { status: 200, body: { quota_bytes: quota, used_bytes: used, kinds, cleanups: found } };
    },
  }),
  route({
    method: "GET",
    path: "/api/storage/files/",
    summary: "Your files and the outputs of your submissions, the largest first",
    access: "user",
    query: pageQuery(20).extend({ kind: z.enum(listedKinds).optional() }),
    answer: {
      status: 200,
      description: "A page of files",
      schema: page(
        z.object({
          kind: z.enum(listedKinds),
          id: z.int().meta({ description: "Of the dataset; for outputs, of the submission" }),
          key: z.string().nullable(),
          name: z.string(),
          bytes,
          created_when: when,
        }),
      ),
    },
    async handle({ context, actor, query }) {
      const { count, rows } = await ownFiles(context, actor.id, query.kind, offset(query));
      return { status: 200, body: page.of(context, "/api/storage/files/", query, count, rows) };
    },
  }),
  route({
    method: "GET",
    path: "/api/storage/cleanup/{what}/",
    summary: "What a clean-up would delete, the largest first",
    access: "user",
    params: whatParams,
    query: pageQuery(20),
    answer: {
      status: 200,
      description: "A page of things, and the bytes of all of them",
      schema: page(z.object({ id: z.int(), name: z.string(), bytes, created_when: when })).extend({ bytes }),
    },
    async handle({ context, actor, params, query }) {
      const { count, rows, bytes } = await unneededOf(context, actor.id, params.what, offset(query));
      const path = `/api/storage/cleanup/${params.what}/`;
      return { status: 200, body: { ...page.of(context, path, query, count, rows), bytes } };
    },
  }),
  route({
    method: "POST",
    path: "/api/storage/cleanup/{what}/",
    summary: "Clean up: delete what the list of the same address has, up to a thousand at once",
    access: "user",
    audited: true,
    params: whatParams,
    answer: {
      status: 200,
      description: "How much was deleted, and whether that was all",
      schema: z.object({ deleted: z.int(), bytes, is_all: z.boolean() }),
    },
    async handle({ context, actor, reason, params }) {
      const { deleted, bytes, isAll } = await cleanUp(context, { actor, reason }, params.what);
      return { status: 200, body: { deleted, bytes, is_all: isAll } };
    },
  }),
];

export const participantStorageRoute = route({
  method: "GET",
  path: "/api/competitions/{id}/storage/",
  summary: "What participants store in a competition, the most first (organizers)",
  access: "user",
  params: idParams,
  query: pageQuery(50),
  answer: {
    status: 200,
    description: "A page of participants",
    schema: page(
      z.object({
        id: z.int().meta({ description: "Of the user" }),
        username: z.string(),
        submissions: z.int(),
        submission_bytes: bytes,
        output_bytes: bytes.meta({ description: "Outputs and logs" }),
      }),
    ),
  },
  async handle({ context, actor, params, query }) {
    const { count, rows } = await participantStorage(context, actor, params.id, offset(query));
    return { status: 200, body: page.of(context, `/api/competitions/${params.id}/storage/`, query, count, rows) };
  },
});
