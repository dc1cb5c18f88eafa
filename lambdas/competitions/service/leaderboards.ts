/** Leaderboards with ranked entries. */
import { findFactSheet, tasksOfPhases, type findLeaderboard } from "../db/competitions.ts";
import { leaderboardEntries } from "../db/leaderboards.ts";
import { scoresOf } from "../db/scores.ts";
import type { FactSheetQuestion } from "../rules/competition.ts";
import { rank, type RankedRow } from "../rules/ranking.ts";
import { entriesSeenBy, type BoardViewer, type SeenEntry } from "./anonymity.ts";
import type { Context } from "../../kernel/context.ts";

export type Board = NonNullable<Awaited<ReturnType<typeof findLeaderboard>>>;

export interface Score {
  id: number;
  columnId: number;
  /** Decimal with ten places. */
  score: string;
}

interface BoardEntry {
  id: number;
  parentId: number | null;
  taskId: number;
  createdWhen: Date;
  scores: Map<string, string>;
  entry: SeenEntry;
  stored: Score[];
}

export interface RankedPhase {
  tasks: { id: number; name: string }[];
  /** Ordered by rank. */
  rows: RankedRow<BoardEntry>[];
}

/**
 * Returns the ranked entries of a phase as a viewer may see them. All scores are included, those of hidden columns as
 * well.
 */
export async function rankPhase(
  context: Context,
  board: Board,
  phaseId: number,
  viewer: BoardViewer,
): Promise<RankedPhase> {
  const { db } = context;
  const tasks = await tasksOfPhases(db, [phaseId]);
  const entries = await entriesSeenBy(context, viewer, phaseId, await leaderboardEntries(db, phaseId));
  const scores = Map.groupBy(
    await scoresOf(
      db,
      entries.map((entry) => entry.id),
    ),
    (score) => score.submission_id,
  );
  const keys = new Map(board.columns.map((column) => [column.id, column.key]));
  const rows = rank(
    { primaryIndex: board.primary_index, columns: board.columns },
    entries.map((entry) => {
      const own = scores.get(entry.id) ?? [];
      return {
        id: entry.id,
        parentId: entry.parent_id,
        taskId: entry.task_id ?? 0,
        createdWhen: entry.created_when,
        scores: new Map(own.map(({ column_id, score }) => [keys.get(column_id)!, score] as const)),
        entry,
        stored: own.map(({ id, column_id, score }) => ({ id, columnId: column_id, score })),
      };
    }),
  );
  return { tasks: tasks.map(({ id, name }) => ({ id, name })), rows };
}

/** The fact sheet questions whose answers are shown on the leaderboard. */
export async function questionsOnBoard({ db }: Context, competitionId: number): Promise<FactSheetQuestion[]> {
  return Object.values((await findFactSheet(db, competitionId)) ?? {}).filter(
    ({ is_on_leaderboard: flag }) => flag === "true" || flag === true,
  );
}

/** The answers that are shown on the leaderboard. Null if there are no such questions. */
export function answersOnBoard(questions: FactSheetQuestion[], answers: Record<string, unknown> | null) {
  if (answers === null || questions.length === 0) return null;
  return Object.fromEntries(questions.map(({ key }) => [key, answers[key] ?? null]));
}
