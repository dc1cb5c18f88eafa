/** Worksheets as they are shown, and what they show of files and searches. These answers are no JSON:API documents. */
import * as z from "zod";
import type { Value } from "../rules/value.ts";
import { fillRows, readCells } from "../service/cells.ts";
import { interpretWorksheet } from "../service/interpretation.ts";
import { findBundlesBy, findWorksheetsBy } from "../service/searches.ts";
import { worksheetInfos } from "../service/worksheet-infos.ts";
import { byUuid, plain, rest } from "./rest.ts";

/** As many rows and cells as one request may ask for. */
const maxRows = 20_000;

const post = z.string().max(10_000).nullish();
const queries = z.looseObject({
  queries: z
    .array(
      z.looseObject({
        bundle_uuid: byUuid.shape.uuid,
        genpath: z.string().max(10_000).startsWith("/", "is no path of a file: it begins with a slash"),
        post,
      }),
    )
    .max(maxRows),
});
const contents = z.looseObject({
  contents: z
    .array(
      z.record(
        z.string(),
        z.unknown().transform((value) => value as Value),
      ),
    )
    .max(maxRows),
});
const keywords = z.looseObject({ keywords: z.array(z.string().max(10_000)).max(1000) });

export const interpretRoutes = [
  rest({
    method: "GET",
    path: "/rest/interpret/worksheet/{uuid}/",
    summary: "A worksheet as blocks",
    access: "anyone",
    params: byUuid,
    query: {
      brief: "1 runs no searches, and says of cells in files only where their values are",
      directive: "Only the result of this search, run now",
      bundle_uuid: "Only the blocks with this bundle; the others are null. May be repeated",
    },
    answers: "The worksheet with its source, its blocks, and which line of the source belongs to which block",
    async handle({ context, actor, params, query }) {
      const bundles = new Set(query.list("bundle_uuid"));
      const directive = query.text("directive") || null;
      const wanted = { brief: query.flag("brief"), directive, bundles };
      const { worksheet, ...shown } = await interpretWorksheet(context, actor, params.uuid, wanted);
      if (bundles.size > 0) return plain({ uuid: params.uuid, blocks: shown.blocks });
      return plain({ ...worksheet, edit_permission: worksheet.permission === 2, enable_chat: false, ...shown });
    },
  }),
  rest({
    method: "POST",
    path: "/rest/interpret/file-genpaths/",
    summary: "Values in files of bundles",
    access: "anyone",
    body: queries,
    answers: "The values, in the order of the queries",
    async handle({ context, actor, body }) {
      const cells = body.queries.map(({ bundle_uuid, genpath, post }) => [bundle_uuid, genpath, post ?? null] as const);
      return plain({ data: await readCells(context, actor, cells) });
    },
  }),
  rest({
    method: "POST",
    path: "/rest/interpret/genpath-table-contents/",
    summary: "A table in which the values in files are filled in",
    access: "anyone",
    body: contents,
    answers: "The rows",
    async handle({ context, actor, body }) {
      return plain({ contents: await fillRows(context, actor, body.contents) });
    },
  }),
  rest({
    method: "POST",
    path: "/rest/interpret/search/",
    summary: "Search bundles",
    access: "anyone",
    body: keywords,
    answers: "The uuids that were found, or the number that was asked for",
    async handle({ context, actor, body }) {
      const found = await findBundlesBy(context, actor, body.keywords);
      const isNumber = "number" in found;
      return plain({ response: { result: isNumber ? found.number : found.uuids, is_aggregate: isNumber } });
    },
  }),
  rest({
    method: "POST",
    path: "/rest/interpret/wsearch/",
    summary: "Search worksheets",
    access: "anyone",
    body: keywords,
    answers: "The worksheets",
    async handle({ context, actor, body }) {
      const found = await findWorksheetsBy(context, actor, body.keywords);
      return plain({ response: await worksheetInfos(context, actor, found) });
    },
  }),
];
