import { scoresOverTime } from "../db/score-history.ts";
import { findContestant } from "../db/teams.ts";
import { thinned, withRecords } from "../rules/score-history.ts";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { boardInPhase, type BoardRequest } from "./leaderboards.ts";

/**
 * The scores of a phase in the primary column of a leaderboard over time, at most `most` of them: for organizers all, for others
 * those on the leaderboard and their own. Nobody's name is among them. There are none if the column is hidden.
 */
export async function scoreHistory(
  context: Context,
  actor: Actor,
  request: BoardRequest,
  { task, most }: { task: number | undefined; most: number },
) {
  const { board, viewer } = await boardInPhase(context, actor, request);
  const column = board.columns.find(({ index, hidden }) => index === board.primary_index && !hidden) ?? null;
  if (column === null) return { board, column, count: 0, runs: [] };
  const own = actor.kind === "user" ? await findContestant(context.db, request.phase, actor.id) : undefined;
  const everything = viewer.organizes;
  const runs = withRecords(
    await scoresOverTime(context.db, request.phase, column.id, { everything, own, task }),
    column.sorting,
  );
  return { board, column, count: runs.length, runs: thinned(runs, most) };
}
