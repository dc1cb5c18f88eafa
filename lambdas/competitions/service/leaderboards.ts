/** Leaderboards with ranked entries. */
import {
  competitionOfLeaderboard,
  findCompetitionDetail,
  findFactSheet,
  findLeaderboard,
  findPhase,
  tasksOfPhases,
} from "../db/competitions.ts";
import { leaderboardEntries } from "../db/leaderboards.ts";
import { scoresOf } from "../db/scores.ts";
import type { FactSheetQuestion } from "../rules/competition.ts";
import { overallTitle, rankingSentence } from "../rules/multi-task.ts";
import { partOfBoard, type BoardOrder, type BoardPart } from "../rules/board-part.ts";
import { rank, type RankedRow } from "../rules/ranking.ts";
import { may, type Actor, type CompetitionFacts } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { noSuchPhase, visibleCompetition } from "./access.ts";
import { rankedBoard, viewsOf, type Board, type BoardView } from "./board-rows.ts";
import { entriesSeenBy, type BoardViewer, type SeenEntry } from "./anonymity.ts";
import type { Context } from "../../kernel/context.ts";

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
  submittedWhen: Date;
  scores: Map<string, string>;
  entry: SeenEntry;
  stored: Score[];
}

export interface RankedPhase {
  tasks: { id: number; name: string }[];
  /** Ordered by rank. */
  rows: RankedRow<BoardEntry>[];
  /** A sentence. */
  ranking: string;
  /** The title of the rows' overall scores or average ranks, if these rank them. */
  overallTitle: string | null;
}

/**
 * Returns the ranked entries of a phase as a viewer may see them. All scores are included, those of hidden columns as
 * well.
 */
export async function rankPhase(
  context: Context,
  board: BoardView,
  phaseId: number,
  viewer: BoardViewer,
): Promise<RankedPhase> {
  const { db } = context;
  const tasks = await tasksOfPhases(db, [phaseId]);
  const entries = await entriesSeenBy(context, viewer, phaseId, await leaderboardEntries(db, phaseId));
  const keys = new Map(board.columns.map((column) => [column.id, column.key]));
  const stored = await scoresOf(
    db,
    entries.map((entry) => entry.id),
  );
  const scores = Map.groupBy(
    stored.filter(({ column_id }) => keys.has(column_id)),
    (score) => score.submission_id,
  );
  const described = rankedBoard(board, tasks);
  const rows = rank(
    described,
    entries.map((entry) => {
      const own = scores.get(entry.id) ?? [];
      return {
        id: entry.id,
        parentId: entry.parent_id,
        taskId: entry.task_id ?? 0,
        submittedWhen: entry.submitted_when,
        scores: new Map(own.map(({ column_id, score }) => [keys.get(column_id)!, score] as const)),
        entry,
        stored: own.map(({ id, column_id, score }) => ({ id, columnId: column_id, score })),
      };
    }),
  );
  return {
    tasks: tasks.map(({ id, name }) => ({ id, name })),
    rows,
    ranking: rankingSentence(described, tasks),
    overallTitle: overallTitle(described),
  };
}

/** Which leaderboard of a phase somebody asks for. */
export interface BoardRequest {
  phase: number;
  /** The key of the leaderboard; the primary one if there is none. */
  board?: string | undefined;
  /** The secret key of the competition, if it is given. */
  secretKey?: string | undefined;
}

/** A leaderboard of a phase whose results the actor may see, and the leaderboards that they may see besides. */
export async function boardInPhase(context: Context, actor: Actor, { phase, board: key, secretKey }: BoardRequest) {
  const found = await findPhase(context.db, phase);
  if (!found) throw noSuchPhase();
  const { board, boards, viewer } = await visibleBoard(
    context,
    actor,
    found.phase.competition_id,
    secretKey ?? null,
    (one, at) => (key === undefined ? at === 0 : one.key === key),
  );
  if (!board) throw noSuchBoard(key, boards);
  if (found.phase.blind && !viewer.organizes)
    throw new Refusal(
      "forbidden",
      "PHASE_BLIND",
      "The organizers keep the results of this phase to themselves for now.",
    );
  return { ...found, board, boards, viewer };
}

interface WantedPart extends Omit<BoardPart, "order"> {
  order?: OrderRequest | undefined;
}

/**
 * A part of a leaderboard of a phase, ranked, with all own rows, the questions whose answers are on it, and the leaderboards
 * that the actor may see.
 */
export async function boardOfPhase(context: Context, actor: Actor, request: BoardRequest, wanted: WantedPart) {
  const found = await boardInPhase(context, actor, request);
  const ranked = await rankPhase(context, found.board, request.phase, found.viewer);
  const isOwn = (row: RankedRow<BoardEntry>) => row.submissions[0].entry.isOwn;
  const order = wanted.order && orderOfBoard(wanted.order, found.board, ranked.tasks);
  const part = partOfBoard(
    ranked.rows,
    { ...wanted, order },
    {
      nameOf: ({ submissions: [{ entry }] }) => [entry.display_name, entry.owner, entry.organization?.name ?? ""],
      isOwn,
      submittedWhen: ({ submissions: [{ entry }] }) => entry.created_when,
      scoreOf: ({ submissions }, column, task) =>
        submissions.find(({ taskId }) => taskId === task)?.scores.get(column) ?? undefined,
    },
  );
  return {
    ...found,
    ...ranked,
    part,
    mine: ranked.rows.filter(isOwn).map(({ id, rank }) => ({ id, rank })),
    questions: await questionsOnBoard(context, found.board.competition_id),
  };
}

/** How somebody asks for an order. */
export interface OrderRequest {
  by: BoardOrder["by"];
  descending: boolean;
  /** Of `score`: the key of a column, and a task, which is the first one if it is missing. */
  column?: string | undefined;
  task?: number | undefined;
}

/** The order that is asked for. Refused if rows would be ordered by a score that is not in them. */
function orderOfBoard(
  { by, descending, ...cell }: OrderRequest,
  board: BoardView,
  tasks: { id: number }[],
): BoardOrder {
  if (by !== "score") return { by, descending };
  const column = board.columns.find(({ key, hidden }) => !hidden && key === cell.column)?.key;
  if (column === undefined) {
    const shown = board.columns.flatMap(({ key, hidden }) => (hidden ? [] : [key]));
    const message = `The leaderboard has no such column. Its columns are: ${shown.join(", ")}.`;
    throw new Refusal("invalid", "NO_SUCH_COLUMN", message, { column: [message] });
  }
  const task = tasks.find(({ id }, at) => (cell.task === undefined ? at === 0 : id === cell.task))?.id;
  if (task === undefined) {
    const message = `The phase has no such task. Its tasks are: ${tasks.map(({ id }) => id).join(", ")}.`;
    throw new Refusal("invalid", "NO_TASK_OF_PHASE", message, { task: [message] });
  }
  return { by, descending, column, task };
}

/** A leaderboard over all phases that the actor may see the results of, each ranked. */
export async function boardOfAllPhases(context: Context, actor: Actor, id: number, givenKey: string | null) {
  const competitionId = await competitionOfLeaderboard(context.db, id);
  if (competitionId === undefined) throw noSuchBoard();
  const { board, viewer } = await visibleBoard(context, actor, competitionId, givenKey, (one) => one.id === id);
  if (!board) throw noSuchBoard();
  const all = (await findCompetitionDetail(context.db, competitionId))?.phases ?? [];
  const phases = [];
  for (const { id } of all.filter(({ blind }) => viewer.organizes || !blind))
    phases.push({ id, rows: (await rankPhase(context, board, id, viewer)).rows });
  return { board, phases, questions: await questionsOnBoard(context, competitionId) };
}

/** A key that no leaderboard has. Names the keys that the person may use instead. */
export function noSuchBoard(key?: string, boards: readonly BoardView[] = []): Refusal {
  const known = boards.length === 0 ? "" : ` Its leaderboards are ${boards.map((one) => `"${one.key}"`).join(", ")}.`;
  const message =
    key === undefined ? "There is no such leaderboard." : `This competition has no leaderboard "${key}".${known}`;
  return new Refusal("not-found", "NO_SUCH_LEADERBOARD", message);
}

/** The leaderboards of a competition that somebody may see, the primary one first. */
export const boardsSeenBy = (viewer: Actor, competition: CompetitionFacts, board: Board | undefined) =>
  (board ? viewsOf(board) : []).filter(({ hidden }) => may(viewer, "leaderboard.view", { competition, hidden }));

/**
 * One of the leaderboards of a competition, if the actor may see it; all that they may see; and what they are to the
 * competition.
 */
async function visibleBoard(
  context: Context,
  actor: Actor,
  competitionId: number,
  givenKey: string | null,
  isWanted: (board: BoardView, at: number) => boolean,
) {
  const { competition, facts } = await visibleCompetition(context, actor, competitionId, givenKey);
  const primary = await findLeaderboard(context.db, competition.id);
  const board = primary && viewsOf(primary).find(isWanted);
  const boards = boardsSeenBy(actor, facts, primary);
  if (board && !boards.includes(board))
    throw new Refusal("forbidden", "LEADERBOARD_HIDDEN", "The organizers have hidden this leaderboard.");
  return { board, boards, viewer: { actor, organizes: may(actor, "competition.hiddenScores", facts) } };
}

/** The fact sheet questions whose answers are shown on the leaderboard. */
async function questionsOnBoard({ db }: Context, competitionId: number): Promise<FactSheetQuestion[]> {
  return Object.values((await findFactSheet(db, competitionId)) ?? {}).filter(
    ({ is_on_leaderboard: flag }) => flag === "true" || flag === true,
  );
}

/** The answers that are shown on the leaderboard. Null if there are no such questions. */
export function answersOnBoard(questions: FactSheetQuestion[], answers: Record<string, unknown> | null) {
  if (answers === null || questions.length === 0) return null;
  return Object.fromEntries(questions.map(({ key }) => [key, answers[key] ?? null]));
}
