/** `leaderboards` of version 2 and their columns. */
import { computations, multiTaskRankings, submissionRules } from "../competition.ts";
import type {
  ColumnDescription,
  CompetitionDescription,
  Computation,
  LeaderboardDescription,
  LeaderboardView,
  PhaseDescription,
  SubmissionRule,
} from "../competition.ts";
import { circleOf } from "../computed-columns.ts";
import { Fields, integerOf, itemsOf } from "./fields.ts";
import type { Placed } from "./fields.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { taskIndex } from "./tasks.ts";
import { listInWords, plainQuote, quoteValue } from "./wording.ts";

/** Maximum length of a column's title and key and of a leaderboard's key, in characters. */
export const maxColumnTextLength = 36;

/** Digits after the decimal point in a displayed score. Stored scores have ten. */
export const precision = { default: 2, min: -10, max: 100 };

/** Stands for the leaderboard that a bundle lacks. */
export const noLeaderboard: LeaderboardDescription = {
  title: "",
  key: "",
  submissionRule: "Add",
  hidden: false,
  primaryIndex: 0,
  multiTaskRanking: "best_task",
  rankingTasks: [],
  columns: [],
};

/** The leaderboards of a competition, which all phases share. */
export type Leaderboards = Pick<CompetitionDescription, "leaderboard" | "furtherLeaderboards">;

/** Reads the leaderboards. The first is the primary one. */
export function readLeaderboards(fields: Fields, phases: readonly PhaseDescription[]): Leaderboards {
  const { draft } = fields;
  const given = fields.get("leaderboards");
  const items = fields.list("leaderboards");
  if (!given || (given.node.kind === "sequence" && items.length === 0)) {
    draft.error(fields.get("leaderboard") ? "BND-60:singular" : "BND-60", fields.at("leaderboards"));
  }
  const [first, ...others] = items.flatMap((item) => Fields.of(draft, item) ?? []);
  if (!first) return { leaderboard: noLeaderboard, furtherLeaderboards: [] };
  const submissionRule = readRule(first);
  const leaderboard = { ...readBoard(first, phases), submissionRule };
  const furtherLeaderboards = others.map((board) => {
    if (board.get("submission_rule") && readRule(board) !== submissionRule)
      draft.warn("BND-93", board.at("submission_rule"), "the first leaderboard decides which submissions are shown.");
    return readBoard(board, phases);
  });
  const keys = new Set([leaderboard.key]);
  for (const [at, { key }] of furtherLeaderboards.entries()) {
    if (key !== "" && keys.has(key)) draft.error("BND-63:board", others[at]!.at("key"), key);
    keys.add(key);
  }
  return { leaderboard, furtherLeaderboards };
}

function readRule(board: Fields): SubmissionRule {
  const { draft } = board;
  const rule = board.get("submission_rule");
  const ruleText = rule && scalarText(rule.node);
  const submissionRule = rule ? submissionRules.find((known) => known === ruleText) : "Add";
  if (!submissionRule) {
    const meant = submissionRules.find((known) => known.toLowerCase() === ruleText?.trim().toLowerCase());
    draft.error("BND-61", board.at("submission_rule"), quoteValue(rule?.node), meant ?? submissionRules.join(" or "));
  }
  return submissionRule ?? "Add";
}

function readBoard(board: Fields, phases: readonly PhaseDescription[]): LeaderboardView {
  const { draft } = board;
  const given = board.get("columns");
  const items = board.list("columns");
  if (!given || (given.node.kind === "sequence" && items.length === 0)) draft.error("BND-62", board.at("columns"));
  const fields = items.flatMap((item) => Fields.of(draft, item) ?? []);
  const columns = readColumns(fields);
  const read = {
    title: board.requiredText("title", 64),
    key: board.requiredText("key", maxColumnTextLength),
    hidden: board.boolean("hidden", false),
    primaryIndex: readPrimaryIndex(board, columns),
    ...readMultiTask(board, phases),
    columns,
  };
  board.ignore("index");
  board.warnOfUnknownKeys(
    { name: "title", primary_column: "primary_index", task_ranking: "multi_task_ranking", hide: "hidden" },
    "leaderboard",
  );
  return read;
}

/** How rows with several tasks are ranked. By `chosen_task`, each phase with several tasks needs a task that ranks its rows. */
function readMultiTask(
  board: Fields,
  phases: readonly PhaseDescription[],
): Pick<LeaderboardDescription, "multiTaskRanking" | "rankingTasks"> {
  const { draft } = board;
  const multiTaskRanking = board.choice("multi_task_ranking", multiTaskRankings, "best_task");
  const items = board.list("ranking_tasks");
  if (multiTaskRanking !== "chosen_task") {
    if (items.length > 0) draft.warn("BND-93", board.at("ranking_tasks"), "only chosen_task uses it.");
    return { multiTaskRanking, rankingTasks: [] };
  }
  if (items.length === 0) draft.error("BND-20:ranking", board.at("ranking_tasks"));
  const rankingTasks = items.flatMap(({ node, path }) => {
    const index = taskIndex(node);
    if (index !== null && phases.some(({ tasks }) => tasks.includes(index))) return [index];
    draft.error("BND-99:ranking-task", path, quoteValue(node));
    return [];
  });
  const without = phases.find(({ tasks }) => tasks.length > 1 && !tasks.some((task) => rankingTasks.includes(task)));
  if (without && rankingTasks.length > 0) draft.error("BND-99:ranking-phase", board.at("ranking_tasks"), without.name);
  return { multiTaskRanking, rankingTasks };
}

/**
 * The column that ranks first: the one that `primary_index` names, otherwise the one with index 0, otherwise the one
 * with the lowest index.
 */
function readPrimaryIndex(board: Fields, columns: readonly ColumnDescription[]): number {
  const indexes = columns.map((column) => column.index);
  const named = board.get("primary_index");
  if (named) {
    const index = integerOf(board.draft, named);
    if (index >= 0 && !indexes.includes(index)) {
      board.draft.error("BND-69", named.path, String(index), listInWords(new Set(indexes)));
    }
    return index;
  }
  if (columns.length === 0 || indexes.includes(0)) return 0;
  const lowest = Math.min(...indexes);
  if (!Number.isNaN(lowest)) board.draft.warn("BND-69", board.path, String(lowest));
  return lowest;
}

function readColumns(fields: readonly Fields[]): ColumnDescription[] {
  const keys = new Set<string>();
  const indexes = new Set<number>();
  const columns = fields.map((column) => {
    const { draft } = column;
    const key = column.requiredText("key", maxColumnTextLength);
    if (key !== "" && keys.has(key)) draft.error("BND-63", column.at("key"), key);
    keys.add(key);
    if (!column.get("index")) draft.error("BND-20:required", column.at("index"), "index");
    const index = column.integer("index", NaN);
    if (indexes.has(index)) draft.error("BND-64", column.at("index"), String(index));
    if (index >= 0) indexes.add(index);
    const read = {
      title: column.requiredText("title", maxColumnTextLength),
      key,
      index,
      sorting: column.choice("sorting", ["desc", "asc"], "desc"),
      precision: column.integer("precision", precision.default, precision.min, precision.max),
      hidden: column.boolean("hidden", false),
    };
    return { column, read };
  });
  const computed = columns.map(({ column, read }) => ({ ...read, ...readComputation(column, read.index, indexes) }));
  reportCircles(fields, computed);
  return computed;
}

/** Reports computed columns that depend on themselves through others, once for each circle. */
function reportCircles(fields: readonly Fields[], columns: readonly ColumnDescription[]): void {
  const byIndex = new Map(columns.map((column) => [column.index, column]));
  const reported = new Set<ColumnDescription>();
  for (const [at, column] of columns.entries()) {
    const circle = reported.has(column) ? null : circleOf(column, byIndex);
    // `readComputation` has reported a column that names itself.
    if (!circle || circle.length === 1) continue;
    for (const one of circle) reported.add(one);
    const { draft } = fields[at]!;
    const way = [...circle.slice(1), column].map(({ key }) => plainQuote(key)).join(", which is computed from ");
    draft.error("BND-67:circle", fields[at]!.at("computation_indexes"), column.key, way);
  }
}

type Computed = Pick<ColumnDescription, "computation" | "computationIndexes">;
const plain: Computed = { computation: null, computationIndexes: null };

/** Reads how a column is computed. `known` holds the indexes of all columns of its leaderboard. */
function readComputation(column: Fields, own: number, known: ReadonlySet<number>): Computed {
  const { draft } = column;
  const named = column.get("computation");
  const isNamed = named && !(named.node.kind === "text" && named.node.value === "");
  const computation = isNamed ? column.choice<Computation>("computation", computations, "avg") : null;
  const given = column.get("computation_indexes");
  const items = given ? indexItems(column, given) : [];
  column.warnOfUnknownKeys(
    {
      name: "title",
      order: "sorting",
      sort: "sorting",
      direction: "sorting",
      hide: "hidden",
      decimals: "precision",
      default_sort: "sorting",
      format: "precision",
      numeric_format: "precision",
    },
    "column",
  );

  if (!computation) {
    if (items.length > 0 && column.raw("computation")) draft.warn("BND-68", column.at("computation_indexes"));
    else if (items.length > 0) draft.error("BND-68", column.at("computation_indexes"));
    return plain;
  }
  if (items.length === 0) {
    draft.error("BND-65", column.at("computation"));
    return plain;
  }
  const indexes = items.map((item) => {
    const index = integerOf(draft, item);
    if (index >= 0 && !known.has(index)) draft.error("BND-66", item.path, String(index), listInWords(known));
    else if (index === own) draft.error("BND-67", item.path);
    return index;
  });
  return { computation, computationIndexes: [...new Set(indexes)] };
}

/** The items of `computation_indexes`. As in Codabench, a text is split into characters: "01" means columns 0 and 1. */
function indexItems(column: Fields, { node, path }: Placed): Placed[] {
  if (node.kind !== "text") return itemsOf(column.draft, { node, path }) ?? [];
  return [...node.value].map((value) => ({ node: { kind: "text", value }, path }));
}
