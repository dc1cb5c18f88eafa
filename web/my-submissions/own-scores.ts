/** The score that ranks a submission. */
import { number } from "../app/format.ts";
import type { Competition } from "../competitions/queries.ts";
import type { Submission } from "./queries.ts";

const maxDigits = 10;

/** The column by which a competition ranks. */
export const primaryColumn = ({ leaderboards: [board] }: Competition) =>
  board?.columns.find(({ index }) => index === board.primary_index);

export interface OwnScore {
  /** Null if there is one task only. */
  task: string | null;
  score: string;
}

/** A submission's scores in the primary column: one for each task. */
export function ownScores(competition: Competition, { scores, phase: phaseId }: Submission): OwnScore[] {
  const column = primaryColumn(competition);
  const tasks = competition.phases.find(({ id }) => id === phaseId)?.tasks ?? [];
  const found = scores.filter(({ column_key: key }) => key === column?.key);
  const own = found.filter(({ task_id: task }) => task === null);
  return (own.length > 0 ? own : found).map(({ task_id, score }) => ({
    task: tasks.length > 1 ? (tasks.find(({ id }) => id === task_id)?.name ?? null) : null,
    score: number(Number(score), { maximumFractionDigits: column?.precision ?? maxDigits }),
  }));
}
