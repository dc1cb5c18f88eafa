import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import yazl from "yazl";
import * as z from "zod";
import { competitionOfLeaderboard, findCompetitionDetail, findLeaderboard, findPhase } from "../../db/competitions.ts";
import { may, type Actor } from "../../../policy/policy.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { competitionFor, noSuchPhase, visibleCompetition } from "../../service/access.ts";
import type { BoardViewer } from "../../service/anonymity.ts";
import { resultsTables, type ResultsTable } from "../../service/export-results.ts";
import { answersOnBoard, questionsOnBoard, rankPhase, type Board } from "../../service/leaderboards.ts";
import type { Context } from "../../../kernel/context.ts";
import { attachment, csv, csvAnswer } from "../../../http/csv.ts";
import { idParams, integer, secretKey } from "../../../http/fields.ts";
import { route } from "../../../http/route.ts";
import { entriesSchema, phaseBoardSchema, shownColumn } from "../shapes/leaderboard.ts";
import { namedOrganization } from "../../../accounts/api/organization.ts";

const withSecretKey = z.object({ secret_key: secretKey });

export const leaderboardRoutes = [
  route({
    method: "GET",
    path: "/api/phases/{id}/get_leaderboard/",
    summary: "The leaderboard of a phase, ranked: the first submission is the first rank",
    access: "anyone",
    params: idParams,
    query: withSecretKey,
    answer: { status: 200, description: "The leaderboard", schema: phaseBoardSchema },
    async handle({ context, actor, params, query }) {
      const found = await findPhase(context.db, params.id);
      if (!found) throw noSuchPhase();
      const { board, viewer } = await visibleBoard(context, actor, found.phase.competition_id, query.secret_key);
      if (found.phase.blind && !viewer.organizes)
        throw new Refusal(
          "forbidden",
          "PHASE_BLIND",
          "The organizers keep the results of this phase to themselves for now.",
        );
      return { status: 200, body: await phaseBoard(context, board, found.phase.id, viewer) };
    },
  }),
  route({
    method: "GET",
    path: "/api/leaderboards/",
    summary: "Always empty: leaderboards are found through their competitions",
    access: "anyone",
    answer: { status: 200, description: "Nothing", schema: z.array(z.never()) },
    handle: () => Promise.resolve({ status: 200, body: [] }),
  }),
  route({
    method: "GET",
    path: "/api/leaderboards/{id}/",
    summary: "What is on a leaderboard, a row a run, the phases one after another, each ranked",
    access: "anyone",
    params: idParams,
    query: withSecretKey,
    answer: { status: 200, description: "The entries", schema: entriesSchema },
    async handle({ context, actor, params, query }) {
      const competitionId = await competitionOfLeaderboard(context.db, params.id);
      if (competitionId === undefined)
        throw new Refusal("not-found", "NO_SUCH_LEADERBOARD", "There is no such leaderboard.");
      const { board, viewer } = await visibleBoard(context, actor, competitionId, query.secret_key);
      return { status: 200, body: await entries(context, board, competitionId, viewer) };
    },
  }),
  route({
    method: "GET",
    path: "/api/competitions/{id}/results/",
    summary: "Leaderboards to keep, as results.json, results.csv (one phase) or results.zip (organizers)",
    access: "user",
    params: idParams,
    query: z.object({ phase: integer.optional(), format: z.enum(["json", "csv", "zip"]).default("json") }),
    answer: {
      status: 200,
      description: "As JSON: rows by leaderboard, each by username and submission",
      schema: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
    },
    async handle({ context, actor, params, query }) {
      await competitionFor(context, actor, params.id, "competition.export");
      const detail = await findCompetitionDetail(context.db, params.id);
      const phases = (detail?.phases ?? []).filter(({ id }) => query.phase === undefined || id === query.phase);
      if (!detail?.leaderboard || phases.length === 0) throw noSuchPhase();
      const tables = await resultsTables(context, actor, detail.leaderboard, phases);
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
              "content-disposition": attachment(`${detail.competition.title}.zip`),
            },
          };
      }
    },
  }),
];

/** The leaderboard of a competition the actor sees, if they may see that as well, and what they are to it. */
async function visibleBoard(context: Context, actor: Actor, competitionId: number, givenKey: string | undefined) {
  const { competition, facts } = await visibleCompetition(context, actor, competitionId, givenKey ?? null);
  const board = await findLeaderboard(context.db, competition.id);
  if (!board || !may(actor, "leaderboard.view", { competition: facts, hidden: board.hidden }))
    throw new Refusal("forbidden", "LEADERBOARD_HIDDEN", "The organizers have hidden this leaderboard.");
  return { board, viewer: { actor, organizes: may(actor, "competition.hiddenScores", facts) } };
}

async function phaseBoard(context: Context, board: Board, phaseId: number, viewer: BoardViewer) {
  const { tasks, rows } = await rankPhase(context, board, phaseId, viewer);
  const questions = await questionsOnBoard(context, board.competition_id);
  const visibleColumns = board.columns.filter((column) => !column.hidden);
  const columnIds = new Map(board.columns.map((column) => [column.key, column.id]));
  return {
    id: phaseId,
    title: board.title,
    primary_index: board.primary_index,
    fact_sheet_keys: questions.length > 0 ? questions.map((question) => [question.key, question.title]) : null,
    tasks: tasks.map(({ id, name }) => ({
      name,
      id,
      colWidth: visibleColumns.length,
      columns: visibleColumns.map(shownColumn),
    })),
    submissions: rows.map((row) => {
      const { entry } = row.submissions[0];
      const stored = new Map(row.submissions.map((s) => [s.id, s.stored]));
      return {
        id: row.id,
        owner: entry.display_name,
        scores: row.cells.map((cell) => ({
          id:
            stored.get(cell.submissionId)?.find((score) => score.columnId === columnIds.get(cell.columnKey))?.id ??
            null,
          index: cell.columnIndex,
          score: cell.score,
          column_key: cell.columnKey,
          task_id: cell.taskId,
        })),
        detailed_results: row.submissions.map((s) => ({ task: s.taskId, id: s.id })),
        fact_sheet_answers: answersOnBoard(questions, entry.fact_sheet_answers),
        slug_url: entry.profile,
        organization: namedOrganization(entry.organization),
        created_when: entry.created_when,
      };
    }),
  };
}

async function entries(context: Context, board: Board, competitionId: number, viewer: BoardViewer) {
  const all = (await findCompetitionDetail(context.db, competitionId))?.phases ?? [];
  const phases = all.filter(({ blind }) => viewer.organizes || !blind);
  const questions = await questionsOnBoard(context, competitionId);
  const visible = new Map(board.columns.filter((column) => !column.hidden).map((column) => [column.id, column]));
  const submissions = [];
  for (const phase of phases) {
    const { rows } = await rankPhase(context, board, phase.id, viewer);
    for (const { id, entry, stored } of rows.flatMap((row) => row.submissions))
      submissions.push({
        id,
        phase: phase.id,
        parent: entry.parent_id,
        owner: entry.owner,
        leaderboard_id: board.id,
        fact_sheet_answers: answersOnBoard(questions, entry.fact_sheet_answers),
        task: entry.task_id,
        scores: stored
          .flatMap(({ id: scoreId, columnId, score }) => {
            const column = visible.get(columnId);
            return column ? [{ id: scoreId, index: column.index, score, column_key: column.key }] : [];
          })
          .sort((a, b) => a.index - b.index),
        display_name: entry.display_name,
        detailed_result: null,
        slug_url: entry.profile,
        organization: namedOrganization(entry.organization),
        created_when: entry.created_when,
      });
  }
  return { id: board.id, title: board.title, primary_index: board.primary_index, submissions };
}

const asJson = (tables: ResultsTable[]) =>
  Object.fromEntries(
    tables.map(({ name, rows }) => [
      name,
      Object.fromEntries(
        rows.map(({ key, organization, factSheetAnswers, scores }) => [
          key,
          {
            ...(organization === null ? {} : { organization }),
            ...(factSheetAnswers ? { fact_sheet_answers: factSheetAnswers } : {}),
            ...scores,
          },
        ]),
      ),
    ]),
  );

/** Organizations have a column where there are any, so that tables without are Codabench's. */
function tableCsv({ columns, rows }: ResultsTable): string {
  const some = rows.some(({ organization }) => organization !== null);
  return csv([
    ["Username", ...(some ? ["organization"] : []), "fact_sheet_answers", ...columns],
    ...rows.map(({ key, organization, factSheetAnswers, scores }) => [
      key,
      ...(some ? [organization] : []),
      factSheetAnswers && JSON.stringify(factSheetAnswers),
      ...columns.map((column) => scores[column] ?? ""),
    ]),
  ]);
}

function asCsv(tables: ResultsTable[]) {
  const [table, ...others] = tables;
  if (!table || others.length > 0) {
    const message = "A CSV file holds one leaderboard. Name a phase with ?phase=, or take results.zip.";
    throw new Refusal("invalid", "SEVERAL_LEADERBOARDS", message, { phase: [message] });
  }
  return csvAnswer(`${table.name}.csv`, tableCsv(table));
}

/** One file a leaderboard, named after it; a slash in a name would make it a folder. */
async function asZip(tables: ResultsTable[]): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const table of tables)
    archive.addBuffer(Buffer.from(tableCsv(table)), `${table.name.replace(/[/\\]/g, "_")}.csv`);
  archive.end();
  return buffer(archive.outputStream as unknown as Readable);
}
