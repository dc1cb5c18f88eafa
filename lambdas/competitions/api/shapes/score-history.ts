import * as z from "zod";
import type { scoreHistory } from "../../service/score-history.ts";

/** The scores of a phase over time. */
export const scoreHistorySchema = z
  .object({
    leaderboard: z.string().meta({ description: "Its key" }),
    column: z
      .object({ key: z.string(), title: z.string(), sorting: z.enum(["asc", "desc"]) })
      .nullable()
      .meta({ description: "The primary column; null if it is hidden" }),
    count: z.int().meta({ description: "How many scores there are, of which `points` may be a choice" }),
    points: z.array(
      z.object({
        id: z.int().meta({ description: "The run, which is a child of a submission to several tasks" }),
        submission: z.int(),
        task: z.int().nullable(),
        submitted_when: z.iso.datetime(),
        score: z.string().meta({ description: "With ten decimal places" }),
        mine: z.boolean(),
        is_record: z.boolean().meta({ description: "Whether it is better than all scores before it" }),
      }),
    ),
  })
  .meta({ id: "ScoreHistory" });

export const shownHistory = ({ board, column, count, runs }: Awaited<ReturnType<typeof scoreHistory>>) => ({
  leaderboard: board.key,
  column: column && { key: column.key, title: column.title, sorting: column.sorting },
  count,
  points: runs.map(({ run, submission, task, submittedWhen, score, isOwn, isRecord }) => ({
    id: run,
    submission,
    task,
    submitted_when: submittedWhen,
    score,
    mine: isOwn,
    is_record: isRecord,
  })),
});
