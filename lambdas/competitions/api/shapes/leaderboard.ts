import * as z from "zod";
import { computations, multiTaskRankings, submissionRules } from "../../rules/competition.ts";
import { photoUrls } from "../../../accounts/service/images.ts";
import type { Context } from "../../../kernel/context.ts";
import type { BoardView } from "../../service/board-rows.ts";
import { answersOnBoard, type boardOfAllPhases, type boardOfPhase } from "../../service/leaderboards.ts";
import { namedOrganization, namedOrganizationSchema } from "../../../accounts/api/organization.ts";

const columnSchema = z.object({
  id: z.int(),
  computation: z.enum(computations).nullable(),
  computation_indexes: z.array(z.string()).nullable().meta({ description: "Column indexes, as texts" }),
  title: z.string(),
  key: z.string(),
  sorting: z.enum(["asc", "desc"]),
  index: z.int(),
  hidden: z.boolean(),
  precision: z.int(),
});

/** A leaderboard without its entries: its columns, and its rule for adding submissions. */
export const leaderboardSchema = z
  .object({
    id: z.int(),
    primary_index: z.int(),
    title: z.string(),
    key: z.string(),
    hidden: z.boolean(),
    submission_rule: z.enum(submissionRules),
    multi_task_ranking: z
      .enum(multiTaskRankings)
      .meta({ description: "How rows with scores of several tasks are ranked" }),
    ranking_tasks: z.array(z.string()).meta({ description: "Keys of the tasks that rank rows by chosen_task" }),
    columns: z.array(columnSchema),
  })
  .meta({ id: "Leaderboard" });

const shownColumn = (column: BoardView["columns"][number]) => ({
  id: column.id,
  computation: column.computation,
  computation_indexes: column.computation_indexes?.map(String) ?? null,
  title: column.title,
  key: column.key,
  sorting: column.sorting,
  index: column.index,
  hidden: column.hidden,
  precision: column.precision,
});

/** Only organizers see hidden columns, because they edit them. */
export const shownLeaderboard = (leaderboard: BoardView, withHidden: boolean) => ({
  id: leaderboard.id,
  primary_index: leaderboard.primary_index,
  title: leaderboard.title,
  key: leaderboard.key,
  hidden: leaderboard.hidden,
  submission_rule: leaderboard.submission_rule,
  multi_task_ranking: leaderboard.multi_task_ranking,
  ranking_tasks: leaderboard.ranking_task_keys,
  columns: leaderboard.columns.filter(({ hidden }) => withHidden || !hidden).map(shownColumn),
});

const scoreSchema = z.object({
  id: z.int().nullable(),
  index: z.int(),
  score: z.string(),
  column_key: z.string(),
});

const rowFields = {
  id: z.int(),
  owner: z
    .string()
    .meta({ description: "A pseudonym if the leaderboard is anonymous; the row then contains no other name" }),
  fact_sheet_answers: z.record(z.string(), z.unknown()).nullable(),
  slug_url: z.string().meta({ description: "Empty if the leaderboard is anonymous" }),
  organization: namedOrganizationSchema
    .nullable()
    .meta({ description: "The organization in whose name the submission was made" }),
  created_when: z.iso.datetime(),
};

/** The leaderboard of a phase: one row per submission; the children of a parent share a row. */
export const phaseBoardSchema = z
  .object({
    id: z.int().meta({ description: "The phase's id" }),
    phase_name: z.string(),
    competition_title: z.string(),
    key: z.string(),
    title: z.string(),
    leaderboards: z
      .array(z.object({ key: z.string(), title: z.string() }))
      .meta({ description: "The leaderboards of the competition that you may see; the primary one decides the rows" }),
    primary_index: z.int(),
    ranking: z.string().meta({ description: "A sentence that says how rows are ranked" }),
    overall_title: z
      .string()
      .nullable()
      .meta({ description: "The title of `overall`, if rows are ranked by an overall score or an average rank" }),
    fact_sheet_keys: z.array(z.tuple([z.string(), z.string()])).nullable(),
    tasks: z.array(z.object({ id: z.int(), name: z.string(), colWidth: z.int(), columns: z.array(columnSchema) })),
    count: z.int().meta({ description: "Rows on all pages" }),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    mine: z
      .array(z.object({ id: z.int(), rank: z.int() }))
      .meta({ description: "Your own rows, or your team's, also those that are not in `submissions`" }),
    submissions: z.array(
      z.object({
        ...rowFields,
        rank: z.int().meta({ description: "Starts at 1, whatever page it is on and whatever was searched" }),
        mine: z.boolean(),
        username: z.string().nullable().meta({ description: "Null if the leaderboard is anonymous" }),
        avatar: z
          .string()
          .nullable()
          .meta({ description: "A link to the owner's photo in small. Null as the username, or without a photo" }),
        overall: z.string().nullable(),
        scores: z.array(
          scoreSchema.extend({
            task_id: z.int(),
            raw_score: z.string().meta({ description: "With all ten decimal places; `score` is rounded" }),
          }),
        ),
        detailed_results: z.array(z.object({ task: z.int(), id: z.int() })),
      }),
    ),
  })
  .meta({ id: "PhaseLeaderboard" });

/** The entries of a leaderboard in all phases: one row per run. Scores are not rounded. */
export const entriesSchema = z.object({
  id: z.int(),
  title: z.string(),
  primary_index: z.int(),
  submissions: z.array(
    z.object({
      ...rowFields,
      phase: z.int(),
      parent: z.int().nullable(),
      leaderboard_id: z.int(),
      task: z.int().nullable(),
      display_name: z.string(),
      detailed_result: z
        .null()
        .meta({ description: "Always null; get_detail_result of the submission returns a link" }),
      scores: z.array(scoreSchema),
    }),
  ),
});

/** `links` go to the pages before and after. */
export async function shownPhaseBoard(
  context: Context,
  found: Awaited<ReturnType<typeof boardOfPhase>>,
  links: { next: string | null; previous: string | null },
) {
  const { phase, competition, board, boards, tasks, part, mine, ranking, overallTitle, questions } = found;
  const visibleColumns = board.columns.filter((column) => !column.hidden);
  const columnIds = new Map(board.columns.map((column) => [column.key, column.id]));
  return {
    id: phase.id,
    phase_name: phase.name,
    competition_title: competition.title,
    key: board.key,
    title: board.title,
    leaderboards: boards.map(({ key, title }) => ({ key, title })),
    primary_index: board.primary_index,
    ranking,
    overall_title: overallTitle,
    fact_sheet_keys: questions.length > 0 ? questions.map((question) => [question.key, question.title]) : null,
    tasks: tasks.map(({ id, name }) => ({
      name,
      id,
      colWidth: visibleColumns.length,
      columns: visibleColumns.map(shownColumn),
    })),
    count: part.count,
    ...links,
    mine,
    submissions: await Promise.all(
      part.rows.map(async (row) => {
        const { entry } = row.submissions[0];
        const runs = new Map(row.submissions.map((s) => [s.id, s]));
        return {
          id: row.id,
          rank: row.rank,
          mine: entry.isOwn,
          username: entry.username,
          avatar: (await photoUrls(context, entry)).photo_icon,
          owner: entry.display_name,
          overall: row.overall,
          scores: row.cells.map((cell) => ({
            id:
              runs.get(cell.submissionId)?.stored.find((score) => score.columnId === columnIds.get(cell.columnKey))
                ?.id ?? null,
            index: cell.columnIndex,
            score: cell.score,
            raw_score: runs.get(cell.submissionId)?.scores.get(cell.columnKey) ?? cell.score,
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
    ),
  };
}

export function shownEntries({ board, phases, questions }: Awaited<ReturnType<typeof boardOfAllPhases>>) {
  const visible = new Map(board.columns.filter((column) => !column.hidden).map((column) => [column.id, column]));
  const submissions = phases.flatMap((phase) =>
    phase.rows
      .flatMap((row) => row.submissions)
      .map(({ id, entry, stored }) => ({
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
      })),
  );
  return { id: board.id, title: board.title, primary_index: board.primary_index, submissions };
}
