/** Leaderboards as tables for organizers. They include hidden columns and scores with all decimal places. */
import { findCompetitionDetail } from "../db/competitions.ts";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { resultColumns } from "../rules/result-columns.ts";
import { competitionFor, noSuchPhase } from "./access.ts";
import { rankPhase, type Board } from "./leaderboards.ts";

export interface ResultsTable {
  /** `<leaderboard> - <phase>(<phase id>)` */
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

/** The tables of a competition that the actor organizes: of all its phases, or of one. */
export async function exportResults(
  context: Context,
  actor: Actor,
  competitionId: number,
  phaseId: number | undefined,
): Promise<{ title: string; tables: ResultsTable[] }> {
  await competitionFor(context, actor, competitionId, "competition.export");
  const detail = await findCompetitionDetail(context.db, competitionId);
  const phases = (detail?.phases ?? []).filter(({ id }) => phaseId === undefined || id === phaseId);
  if (!detail?.leaderboard || phases.length === 0) throw noSuchPhase();
  const tables = await resultsTables(context, actor, detail.leaderboard, phases);
  return { title: detail.competition.title, tables };
}

/** One table for each phase, for an organizer. */
async function resultsTables(
  context: Context,
  organizer: Actor,
  board: Board,
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
      name: `${board.title} - ${phase.name}(${phase.id})`,
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
