import { findLeaderboard } from "../db/competitions.ts";
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { rankPhase } from "./leaderboards.ts";
import type { SeenSubmission } from "./submissions.ts";

/** The places of submissions on the leaderboards of their phases, as far as the viewer may see them. Children have the place of their parent. */
export async function placesOf(
  context: Context,
  viewer: Actor,
  submissions: SeenSubmission[],
): Promise<Map<number, number>> {
  const ranked = submissions.filter((one) => one.on_leaderboard && (one.organized || !one.leaderboard_hidden));
  const places = new Map<number, number>();
  for (const [phaseId, own] of Map.groupBy(ranked, ({ phase_id }) => phase_id)) {
    const board = await findLeaderboard(context.db, own[0]!.competition_id);
    if (!board) continue;
    const { rows } = await rankPhase(context, board, phaseId, { actor: viewer, organizes: own[0]!.organized });
    const ranks = new Map(rows.map(({ id, rank }) => [id, rank]));
    for (const { id, parent } of own) {
      const place = ranks.get(parent ?? id);
      if (place !== undefined) places.set(id, place);
    }
  }
  return places;
}
