/** Which parts of a competition a form keeps, and which it must not remove. */
import type { Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { countByPhase, countScores, type KnownIds } from "../db/change-competition.ts";
import type { findCompetitionDetail } from "../db/competitions.ts";
import { viewsOf } from "./board-rows.ts";
import type { CompetitionForm, ReadForm } from "../rules/competition-form.ts";

type Detail = NonNullable<Awaited<ReturnType<typeof findCompetitionDetail>>>;

/** The rows that belong to the parts of a form. */
export function knownIds({ pages, phases, leaderboard }: Detail, form: CompetitionForm, read: ReadForm): KnownIds {
  const own = (rows: { id: number }[]) => (part: { id?: number | undefined }) =>
    rows.find(({ id }) => id === part.id)?.id;
  const [primary, ...further] = form.leaderboards;
  return {
    pages: form.pages.map(own(pages)),
    phases: read.phases.map(own(phases)),
    columns: primary!.columns.map(own(leaderboard?.columns ?? [])),
    furtherLeaderboards: further.map((board) => {
      const known = leaderboard?.further.find(({ id }) => id === board.id);
      return { id: known?.id, columns: board.columns.map(own(known?.columns ?? [])) };
    }),
  };
}

/** Deleting a phase would delete its submissions, so a phase with submissions must stay. */
export async function requireEmpty(tx: Tx, { phases }: Detail, ids: KnownIds): Promise<void> {
  const going = phases.filter(({ id }) => !ids.phases.includes(id));
  const counts = await countByPhase(
    tx,
    going.map(({ id }) => id),
  );
  const kept = going.find(({ id }) => counts.has(id));
  if (!kept) return;
  const message = `The phase "${kept.name}" has ${counts.get(kept.id)} submissions. Delete them first.`;
  throw new Refusal("invalid", "PHASE_HAS_SUBMISSIONS", message, { phases: [message] });
}

/**
 * Deleting a column would delete its scores, which only a run of every submission could bring back. So it must stay,
 * unless another leaderboard has its scores as well.
 */
export async function requireNoScores(tx: Tx, { leaderboard }: Detail, ids: KnownIds): Promise<void> {
  const columns = (leaderboard ? viewsOf(leaderboard) : []).flatMap((board) =>
    board.columns.map((column) => ({ ...column, board })),
  );
  const known = new Set([...ids.columns, ...ids.furtherLeaderboards.flatMap((board) => board.columns)]);
  const keptKeys = new Set(
    columns.flatMap(({ id, key, computation }) => (known.has(id) && computation === null ? [key] : [])),
  );
  const going = columns.filter(({ id, key }) => !known.has(id) && !keptKeys.has(key));
  const counts = await countScores(
    tx,
    going.map(({ id }) => id),
  );
  const kept = going.find(({ id }) => counts.has(id));
  if (!kept) return;
  const { board } = kept;
  const isBoardGoing = board.id !== leaderboard?.id && !ids.furtherLeaderboards.some(({ id }) => id === board.id);
  const [code, message] = isBoardGoing
    ? [
        "LEADERBOARD_HAS_SCORES",
        `The leaderboard "${board.key}" has ${counts.get(kept.id)} scores in the column "${kept.key}". Keep it in the list; "hidden": true hides it.`,
      ]
    : [
        "COLUMN_HAS_SCORES",
        `The column "${kept.key}" has ${counts.get(kept.id)} scores. Keep it in the list; "hidden": true hides it from leaderboards.`,
      ];
  throw new Refusal("invalid", code, message, { leaderboards: [message] });
}
