/** Leaderboards of competitions on worksheets (docs/worksheets.md, W-176). */
import { findCompetitionDetail } from "../../competitions/db/competitions.ts";
import { uuidsById } from "../../competitions/db/submissions.ts";
import { phaseStatus } from "../../competitions/rules/phase-status.ts";
import { shownCells } from "../../competitions/rules/shown-cells.ts";
import { visibleCompetition } from "../../competitions/service/access.ts";
import { boardOfPhase } from "../../competitions/service/leaderboards.ts";
import type { Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Actor } from "../../policy/policy.ts";
import type { FoundTable } from "../rules/blocks.ts";
import { LanguageProblem } from "../rules/problem.ts";
import type { Value } from "../rules/value.ts";

/** A worksheet shows no more rows of a leaderboard. */
const maxRows = 1000;
/** The largest id that there can be. */
const maxId = 2_147_483_647;

/** The rows of a leaderboard, as the actor may see them, for the words `COMPETITION [PHASE]`. */
export async function leaderboardTable(context: Context, actor: Actor, words: string[]): Promise<FoundTable> {
  const [competition, phase, ...rest] = words;
  if (competition === undefined || !/^\d+$/.test(competition) || Number(competition) > maxId || rest.length > 0)
    throw new LanguageProblem("`leaderboard` needs the id of a competition, and perhaps the name or id of a phase");
  try {
    return await tableOf(context, actor, Number(competition), phase);
  } catch (error) {
    if (error instanceof Refusal) throw new LanguageProblem(error.message);
    throw error;
  }
}

async function tableOf(context: Context, actor: Actor, id: number, wanted: string | undefined): Promise<FoundTable> {
  await visibleCompetition(context, actor, id);
  const phases = (await findCompetitionDetail(context.db, id))?.phases ?? [];
  const begun = phases.filter(
    ({ starts_at: start, ends_at: end }) => phaseStatus({ start, end }, context.now()) !== "Next",
  );
  const phase =
    wanted === undefined
      ? (begun.at(-1) ?? phases[0])
      : (phases.find(({ name }) => name === wanted) ?? phases.find((one) => String(one.id) === wanted));
  if (!phase)
    throw new LanguageProblem(
      `competition ${id} has no phase \`${wanted ?? ""}\`. Its phases are ${phases.map(({ name }) => `\`${name}\``).join(", ")}`,
    );
  const page = { offset: 0, limit: maxRows };
  const { board, tasks, part, overallTitle } = await boardOfPhase(
    context,
    actor,
    { phase: phase.id },
    { aroundOwn: false, page },
  );
  const columns = shownCells(board.columns, tasks);
  const uuids = await uuidsById(
    context.db,
    part.rows.map((row) => row.id),
  );
  const titles = distinct([
    "rank",
    "participant",
    "uuid",
    ...(overallTitle === null ? [] : [overallTitle]),
    ...columns.map(({ title }) => title),
  ]);
  return {
    header: titles,
    rows: part.rows.map(({ id: submission, rank, overall, submissions: [{ entry }], cells }) => {
      const uuid = uuids.get(submission) ?? "";
      const scores = columns.map(({ task, column }): Value => {
        const cell = cells.find(({ taskId, columnKey }) => taskId === task.id && columnKey === column.key);
        return cell?.score ?? null;
      });
      const values = [
        rank,
        entry.display_name,
        uuid.slice(0, 8),
        ...(overallTitle === null ? [] : [overall]),
        ...scores,
      ];
      return {
        bundle: { uuid, name: `submission-${submission}` },
        cells: Object.fromEntries(titles.map((title, at) => [title, values[at]!])),
      };
    }),
  };
}

/** Rows have their cells by title, so a title that is there already gets a number. */
function distinct(titles: readonly string[]): string[] {
  const taken = new Set<string>();
  return titles.map((title) => {
    let one = title;
    for (let number = 2; taken.has(one); number++) one = `${title} (${number})`;
    taken.add(one);
    return one;
  });
}
