/** Leaderboards as tables for organizers. They include hidden columns and scores with all decimal places. */
import { findCompetitionDetail } from "../db/competitions.ts";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { distinctName } from "../rules/distinct-name.ts";
import { resultColumns } from "../rules/result-columns.ts";
import { competitionFor, noSuchPhase } from "./access.ts";
import { viewsOf, type BoardView } from "./board-rows.ts";
import { noSuchBoard, rankPhase } from "./leaderboards.ts";

export interface ResultsTable {
  phaseId: number;
  /** `<leaderboard> - <phase>(<phase id>)`, with the key of the leaderboard if others have the same title. */
  name: string;
  /** Names of the columns, each unique. */
  columns: string[];
  /** Name of the overall scores or average ranks, if these rank the rows. */
  overallTitle: string | null;
  /** In the order of the leaderboard. */
  rows: {
    /** `<username>-<submission id>`, with the parent's id for submissions to several tasks. */
    key: string;
    /** Name of the organization for which it was made. */
    organization: string | null;
    factSheetAnswers: Record<string, unknown> | null;
    /** In the order of `columns`; "" if there is no score. */
    scores: string[];
    overall: string | null;
  }[];
}

/** The tables of a competition that the actor organizes: of all its phases and leaderboards, or of one. */
export async function exportResults(
  context: Context,
  actor: Actor,
  competitionId: number,
  only: { phase?: number | undefined; leaderboard?: string | undefined },
): Promise<{ title: string; tables: ResultsTable[] }> {
  await competitionFor(context, actor, competitionId, "competition.export");
  const detail = await findCompetitionDetail(context.db, competitionId);
  const phases = (detail?.phases ?? []).filter(({ id }) => only.phase === undefined || id === only.phase);
  if (!detail?.leaderboard || phases.length === 0) throw noSuchPhase();
  const boards = viewsOf(detail.leaderboard);
  const titles = boards.map(({ title }) => title);
  const named = boards.map((board) => ({ board, name: distinctName(board.title, board.key, titles) }));
  const wanted = named.filter(({ board: { key } }) => only.leaderboard === undefined || key === only.leaderboard);
  if (wanted.length === 0) throw noSuchBoard(only.leaderboard, boards);
  const tables: ResultsTable[] = [];
  for (const { board, name } of wanted) tables.push(...(await resultsTables(context, actor, board, name, phases)));
  return { title: detail.competition.title, tables };
}

/** One table of a leaderboard for each phase, for an organizer. */
async function resultsTables(
  context: Context,
  organizer: Actor,
  board: BoardView,
  boardName: string,
  phases: { id: number; name: string }[],
): Promise<ResultsTable[]> {
  const tables: ResultsTable[] = [];
  for (const phase of phases) {
    const { tasks, rows, overallTitle } = await rankPhase(context, board, phase.id, {
      actor: organizer,
      organizes: true,
    });
    const columns = resultColumns(tasks, board.columns);
    tables.push({
      phaseId: phase.id,
      name: `${boardName} - ${phase.name}(${phase.id})`,
      columns: columns.map(({ name }) => name),
      overallTitle,
      rows: rows.map((row) => {
        const byTask = new Map(row.submissions.map((submission) => [submission.taskId, submission.scores]));
        const { owner, organization, fact_sheet_answers } = row.submissions[0].entry;
        return {
          key: `${owner}-${row.id}`,
          organization: organization?.name ?? null,
          factSheetAnswers: fact_sheet_answers,
          overall: row.overall,
          scores: columns.map(({ taskId, columnKey }) => byTask.get(taskId)?.get(columnKey) ?? ""),
        };
      }),
    });
  }
  return tables;
}
