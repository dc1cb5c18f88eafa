import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import yazl from "yazl";
import * as z from "zod";
import { Refusal } from "../../../kernel/refusal.ts";
import { exportResults, type ResultsTable } from "../../service/export-results.ts";
import { boardOfAllPhases, boardOfPhase } from "../../service/leaderboards.ts";
import { attachment } from "../../../kernel/objects/file-name.ts";
import { csv, csvAnswer } from "../../../http/csv.ts";
import { idParams, integer, secretKey } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { offset, optionalPageQuery, ordering, orderOf, page, pageWanted } from "../../../http/paging.ts";
import { scoreHistory } from "../../service/score-history.ts";
import { boardTable } from "../shapes/board-table.ts";
import { entriesSchema, phaseBoardSchema, shownEntries, shownPhaseBoard } from "../shapes/leaderboard.ts";
import { scoreHistorySchema, shownHistory } from "../shapes/score-history.ts";

const withSecretKey = z.object({ secret_key: secretKey });

export const leaderboardRoutes = [
  route({
    method: "GET",
    path: "/api/phases/{id}/get_leaderboard/",
    summary: "A leaderboard of a phase, best submission first; ?leaderboard=KEY selects another than the primary one",
    access: "anyone",
    params: idParams,
    query: withSecretKey.extend({
      ...optionalPageQuery.shape,
      leaderboard: z.string().optional(),
      search: z.string().optional().meta({ description: "Part of a name of a participant or an organization" }),
      around: z.literal("me").optional().meta({ description: "The page in whose middle your best row is" }),
      ordering: ordering("rank", "owner", "created_when", "score"),
      column: z.string().optional().meta({ description: "The key of the column of `ordering=score`" }),
      task: integer.optional().meta({ description: "The task of `ordering=score`; the first one if it is missing" }),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    answer: { status: 200, description: "All of the leaderboard, or a page of it", schema: phaseBoardSchema },
    async handle({ context, actor, params, query }) {
      const asked = { phase: params.id, board: query.leaderboard, secretKey: query.secret_key };
      const paged = pageWanted(query.around === undefined ? query : { page: 1, ...query });
      const { field: by, descending } = orderOf(query.ordering, { field: "rank", descending: false });
      const found = await boardOfPhase(context, actor, asked, {
        search: query.search,
        aroundOwn: query.around !== undefined,
        page: paged && offset(paged),
        order: { by, descending, column: query.column, task: query.task },
      });
      if (query.format === "csv")
        return csvAnswer(`${found.competition.title} - ${found.phase.name}.csv`, boardTable(found));
      const links =
        paged && query.around === undefined
          ? page.of(context, `/api/phases/${params.id}/get_leaderboard/`, { ...query, ...paged }, found.part.count, [])
          : { next: null, previous: null };
      return {
        status: 200,
        body: await shownPhaseBoard(context, found, { next: links.next, previous: links.previous }),
      };
    },
  }),
  route({
    method: "GET",
    path: "/api/phases/{id}/score_history/",
    summary: "Scores of a phase over time, in the primary column: those on the leaderboard and your own",
    access: "anyone",
    params: idParams,
    query: withSecretKey.extend({
      leaderboard: z.string().optional(),
      task: integer.optional(),
      points: integer.transform((points) => Math.min(points, 2000)).default(500),
    }),
    answer: { status: 200, description: "At most `points` scores, oldest first", schema: scoreHistorySchema },
    async handle({ context, actor, params, query }) {
      const asked = { phase: params.id, board: query.leaderboard, secretKey: query.secret_key };
      const found = await scoreHistory(context, actor, asked, { task: query.task, most: query.points });
      return { status: 200, body: shownHistory(found) };
    },
  }),
  route({
    method: "GET",
    path: "/api/leaderboards/",
    summary: "Always empty; get leaderboards through their competitions",
    access: "anyone",
    answer: { status: 200, description: "An empty list", schema: z.array(z.never()) },
    handle: () => Promise.resolve({ status: 200, body: [] }),
  }),
  route({
    method: "GET",
    path: "/api/leaderboards/{id}/",
    summary: "The entries of a leaderboard, one row per run, ordered by phase and rank",
    access: "anyone",
    params: idParams,
    query: withSecretKey,
    answer: { status: 200, description: "The entries", schema: entriesSchema },
    async handle({ context, actor, params, query }) {
      const found = await boardOfAllPhases(context, actor, params.id, query.secret_key ?? null);
      return { status: 200, body: shownEntries(found) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/results/",
    summary: "Export leaderboards as results.json, results.csv (one phase) or results.zip (organizers)",
    access: "user",
    params: idParams,
    query: z.object({
      phase: integer.optional(),
      leaderboard: z.string().optional(),
      format: z.enum(["json", "csv", "zip"]).default("json"),
    }),
    answer: {
      status: 200,
      description: "The JSON format: rows grouped by leaderboard, and named by username and submission",
      schema: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
    },
    async handle({ context, actor, params, query }) {
      const { title, tables } = await exportResults(context, actor, params.id, query);
      switch (query.format) {
        case "json":
          return { status: 200, body: asJson(tables) };
        case "csv":
          return asCsv(tables);
        case "zip":
          return {
            status: 200,
            body: await asZip(tables),
            headers: {
              "content-type": "application/zip",
              "content-disposition": attachment(`${title}.zip`),
            },
          };
      }
    },
  }),
];

const asJson = (tables: ResultsTable[]) =>
  Object.fromEntries(
    tables.map(({ name, columns, overallTitle, rows }) => [
      name,
      Object.fromEntries(
        rows.map(({ key, organization, factSheetAnswers, scores, overall }) => [
          key,
          {
            ...(organization === null ? {} : { organization }),
            ...(factSheetAnswers ? { fact_sheet_answers: factSheetAnswers } : {}),
            ...(overallTitle === null ? {} : { [overallTitle]: overall ?? "" }),
            ...Object.fromEntries(columns.map((column, at) => [column, scores[at]])),
          },
        ]),
      ),
    ]),
  );

/** Adds a column for organizations, and for what ranks rows of several tasks, only if there are any, so that other tables equal Codabench's. */
function tableCsv({ columns, overallTitle, rows }: ResultsTable): string {
  const some = rows.some(({ organization }) => organization !== null);
  return csv([
    [
      "Username",
      ...(some ? ["organization"] : []),
      "fact_sheet_answers",
      ...(overallTitle === null ? [] : [overallTitle]),
      ...columns,
    ],
    ...rows.map(({ key, organization, factSheetAnswers, scores, overall }) => [
      key,
      ...(some ? [organization] : []),
      factSheetAnswers && JSON.stringify(factSheetAnswers),
      ...(overallTitle === null ? [] : [overall]),
      ...scores,
    ]),
  ]);
}

/** One phase of one leaderboard: of the primary one, if several would fit. */
function asCsv(tables: ResultsTable[]) {
  const [table] = tables;
  if (!table || tables.some(({ phaseId }) => phaseId !== table.phaseId)) {
    const message = "A CSV file holds one leaderboard. Name a phase with ?phase=, or take results.zip.";
    throw new Refusal("invalid", "SEVERAL_LEADERBOARDS", message, { phase: [message] });
  }
  return csvAnswer(`${table.name}.csv`, tableCsv(table));
}

/** One file for each leaderboard, named after it. Slashes in a name are replaced, because they would create folders. */
async function asZip(tables: ResultsTable[]): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const table of tables)
    archive.addBuffer(Buffer.from(tableCsv(table)), `${table.name.replace(/[/\\]/g, "_")}.csv`);
  archive.end();
  return buffer(archive.outputStream as unknown as Readable);
}
