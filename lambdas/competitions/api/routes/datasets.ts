import * as z from "zod";
import { datasetTypes } from "../../rules/competition.ts";
import { namedIn } from "../../../kernel/refusal.ts";
import { visibleCompetition } from "../../service/access.ts";
import { requestCreation } from "../../service/bundle-import/creations.ts";
import { croissant, sha256Of } from "../../service/croissant.ts";
import { datasetsOf, publicDatasets } from "../../service/dataset-lists.ts";
import {
  changeDataset,
  createDataset,
  deleteDatasets,
  ownDataset,
  requireUpload,
  usableDataset,
} from "../../service/datasets.ts";
import { permissionsTo } from "../../service/downloads.ts";
import {
  boolean,
  idOrKeyParams,
  integer,
  keyParams,
  manyIds,
  oneLine,
  uuid,
  wholeNumber,
} from "../../../http/fields.ts";
import { offset, ordering, orderOf, page, pageQuery, sizedPage } from "../../../http/paging.ts";
import { permissionsSchema } from "../../../http/permissions.ts";
import { route } from "../../../http/route.ts";
import { datasetSchema, publicDatasetSchema, shownDatasets, shownPublicDataset } from "../shapes/dataset.ts";

const name = oneLine(256).min(1);
const description = z.string().max(50_000).nullish();
const license = z.string().max(256).nullish();

export const datasetRoutes = [
  route({
    method: "POST",
    path: "/api/datasets/",
    summary: "Create a dataset and get a signed URL for uploading its file with PUT",
    access: "user",
    body: z.object({
      type: z.enum(datasetTypes),
      request_sassy_file_name: z.string().min(1).max(255),
      file_size: wholeNumber(0).optional().meta({ description: "Bytes; the size of the uploaded file decides" }),
      file_name: z.string().max(255).optional(),
      name: name.optional(),
      description,
      license,
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, "This must be a SHA-256 in hexadecimal digits.")
        .optional()
        .meta({ description: "Of the file. The platform computes it only of public_data up to 512 MB" }),
      is_public: boolean.default(false),
      competition: integer.nullish(),
    }),
    answer: {
      status: 201,
      description: "The dataset's key and the URL",
      schema: z.object({ key: z.string(), sassy_url: z.string() }),
    },
    async handle({ context, actor, body }) {
      if (body.competition) await namedIn("competition", visibleCompetition(context, actor, body.competition));
      const created = await createDataset(context, actor, {
        type: body.type,
        name: body.name,
        description: body.description ?? null,
        license: body.license ?? null,
        isPublic: body.is_public,
        fileName: body.file_name || body.request_sassy_file_name,
        fileSize: body.file_size ?? null,
        sha256: body.sha256 ?? null,
        competitionId: body.competition ?? null,
      });
      return { status: 201, body: created };
    },
  }),
  route({
    method: "PUT",
    path: "/api/datasets/completed/{key}/",
    summary: "Complete the upload of a dataset's file; a bundle is then unpacked",
    access: "user",
    params: keyParams,
    answer: {
      status: 200,
      description: "For a bundle, the status_id for creation_status; otherwise the dataset's key",
      schema: z.union([z.object({ status_id: z.int() }), z.object({ key: z.string() })]),
    },
    async handle({ context, actor, params }) {
      const dataset = await requireUpload(context, await ownDataset(context, actor, params.key));
      if (dataset.type !== "competition_bundle") return { status: 200, body: { key: dataset.key } };
      return { status: 200, body: { status_id: await requestCreation(context, dataset.id, actor.id) } };
    },
  }),
  route({
    method: "GET",
    path: "/api/datasets/",
    summary: "Your datasets, newest first; without _type, or with _public=true, also other people's public datasets",
    access: "user",
    query: pageQuery(10).extend({
      _type: z.enum(["submission", "dataset", "bundle"]).optional().catch(undefined),
      _public: boolean.default(false),
      type: z.enum(datasetTypes).optional(),
      name: z.string().optional(),
      key: uuid.optional(),
      is_public: boolean.optional(),
      was_created_by_competition: boolean.optional(),
      search: z.string().optional(),
      ordering: ordering("id", "name", "type", "file_size"),
    }),
    answer: { status: 200, description: "A page of datasets", schema: page(datasetSchema) },
    async handle({ context, actor, query }) {
      const { count, rows } = await datasetsOf(
        context,
        actor,
        {
          group: query._type,
          includePublic: query._public || query._type === undefined,
          type: query.type,
          name: query.name,
          key: query.key,
          isPublic: query.is_public,
          wasCreatedByCompetition: query.was_created_by_competition,
          search: query.search,
          order: orderOf(query.ordering, { field: "id", descending: true }),
        },
        offset(query),
      );
      const results = await shownDatasets(context, actor, rows);
      return { status: 200, body: page.of(context, "/api/datasets/", query, count, results) };
    },
  }),
  route({
    method: "GET",
    path: "/api/datasets/public/",
    summary: "Public datasets of all users",
    access: "anyone",
    query: pageQuery(20).extend({
      search: z.string().optional(),
      ordering: z.enum(["recently_added", "most_downloaded"]).catch("recently_added").default("recently_added"),
      has_license: boolean.default(false),
      is_verified: boolean.default(false),
    }),
    answer: { status: 200, description: "A page of datasets", schema: sizedPage(publicDatasetSchema) },
    async handle({ context, query }) {
      const { count, rows } = await publicDatasets(
        context,
        {
          search: query.search,
          ordering: query.ordering,
          hasLicense: query.has_license,
          isVerified: query.is_verified,
        },
        offset(query),
      );
      const results = rows.map(shownPublicDataset);
      return { status: 200, body: sizedPage.of(context, "/api/datasets/public/", query, count, results) };
    },
  }),
  route({
    method: "POST",
    path: "/api/datasets/delete_many/",
    summary: "Delete unused datasets, all of them or none",
    access: "user",
    audited: true,
    body: manyIds,
    answer: { status: 200, description: "Deleted", schema: z.object({ detail: z.string() }) },
    async handle({ context, actor, reason, body }) {
      await deleteDatasets(context, { actor, reason }, body);
      return { status: 200, body: { detail: "Datasets deleted successfully" } };
    },
  }),
  route({
    method: "GET",
    path: "/api/datasets/{id}/",
    summary: "A dataset, by its id or key",
    access: "anyone",
    params: idOrKeyParams,
    answer: {
      status: 200,
      description: "The dataset",
      schema: datasetSchema
        .extend({
          downloads: z.int().meta({ description: "Each person and day counts once" }),
          is_verified: z.boolean().meta({ description: "Whether an administrator has looked at it" }),
          sha256: z.string().nullable().meta({ description: "Of the file; null if nobody has computed it" }),
          permissions: permissionsSchema("dataset"),
        })
        .meta({ id: "OneDataset" }),
    },
    async handle({ context, actor, params }) {
      const dataset = await usableDataset(context, actor, params.id);
      const [shown] = await shownDatasets(context, actor, [dataset]);
      const { downloads, is_verified } = dataset;
      const [sha256, permissions] = await Promise.all([
        sha256Of(context, dataset),
        permissionsTo(context, actor, dataset),
      ]);
      return { status: 200, body: { ...shown, downloads, is_verified, sha256, permissions } };
    },
  }),
  route({
    method: "GET",
    path: "/api/datasets/{id}/croissant/",
    summary: "A dataset's metadata in Croissant 1.1 (JSON-LD), by its id or key",
    access: "anyone",
    params: idOrKeyParams,
    answer: { status: 200, description: "The metadata", type: "application/ld+json", schema: z.looseObject({}) },
    handle: async ({ context, actor, params }) => ({
      status: 200,
      headers: { "content-type": "application/ld+json" },
      body: JSON.stringify(await croissant(context, actor, params.id), null, 2),
    }),
  }),
  route({
    method: "PATCH",
    path: "/api/datasets/{id}/",
    summary: "Change a dataset's name, description or license, make it public, or verify it (superusers)",
    access: "user",
    audited: true,
    params: idOrKeyParams,
    body: z.object({
      name: name.optional(),
      description,
      license,
      is_public: boolean.optional(),
      is_verified: boolean.optional(),
    }),
    answer: { status: 200, description: "The dataset", schema: datasetSchema },
    async handle({ context, actor, reason, params, body }) {
      await changeDataset(context, { actor, reason }, params.id, body);
      const [shown] = await shownDatasets(context, actor, [await ownDataset(context, actor, params.id)]);
      return { status: 200, body: shown };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/datasets/{id}/",
    summary: "Delete an unused dataset",
    reasonUnder: "error",
    access: "user",
    audited: true,
    params: idOrKeyParams,
    answer: { status: 204, description: "Deleted" },
    async handle({ context, actor, reason, params }) {
      await deleteDatasets(context, { actor, reason }, [params.id]);
      return { status: 204 };
    },
  }),
];
