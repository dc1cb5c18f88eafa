/** `leaderboard` of versions 1.5 and 1.8. It may contain several leaderboards; the first becomes the primary one. */
import type { ColumnDescription, LeaderboardView, SubmissionRule } from "../competition.ts";
import { Fields, itemsOf } from "./fields.ts";
import { maxColumnTextLength, noLeaderboard, precision, type Leaderboards } from "./leaderboards.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { plainQuote } from "./wording.ts";

/** Reads the leaderboards and their columns. `phases` contain settings that apply to the leaderboards here. */
export function readLeaderboards(fields: Fields, phases: readonly Fields[]): Leaderboards {
  const { draft } = fields;
  const given = fields.get("leaderboard");
  if (!given) draft.error("BND-60", fields.at("leaderboard"));
  const leaderboard = given && Fields.of(draft, given);
  const boards = leaderboard ? mappings(leaderboard, "leaderboards", "BND-72") : [];
  if (leaderboard?.get("column_groups")) {
    draft.warn("BND-75", leaderboard.at("column_groups"), "groups of columns. All columns are shown side by side.");
  }
  const labels = boards.map((board) => board.fields.requiredText("label", Infinity).toLowerCase());
  const columns = leaderboard ? readColumns(leaderboard, labels) : [];
  const byBoard = Map.groupBy(columns, ({ board }) => board);
  const columnsOf = (at: number) => (byBoard.get(at) ?? []).map(({ column }) => column);
  const all = columns.map(({ column }) => column);
  for (const place of [fields, leaderboard]) if (place) hideColumns(place, all);
  for (const [at, board] of boards.entries()) hideColumns(board.fields, columnsOf(at));
  const keys = new DistinctKeys();
  const views = boards.flatMap(({ key, fields: board }, at): LeaderboardView[] => {
    const own = columnsOf(at).map((column, index) => ({ ...column, index }));
    if (own.length === 0) {
      if (at > 0) draft.warn("BND-75", board.path, "this leaderboard. No column names it.");
      else draft.error("BND-62", board.path);
      return [];
    }
    if (key.trim() === "") draft.error("BND-20:blank", board.path, "The name of this leaderboard");
    return [
      {
        title: shorten(board, key, 64),
        key: keys.add(key.trim()),
        hidden: false,
        primaryIndex: 0,
        multiTaskRanking: "best_task",
        rankingTasks: [],
        columns: own,
      },
    ];
  });
  const [first = noLeaderboard, ...furtherLeaderboards] = views;
  return { leaderboard: { ...first, submissionRule: readRule(fields, phases) }, furtherLeaderboards };
}

/** Leaderboards' keys of the maximum length. No score is looked up by them, so one that is taken gets a number. */
class DistinctKeys {
  readonly #taken = new Set<string>();
  /** For each cut name, the number from which on one may be free: thousands of equal names cost no search each. */
  readonly #numbers = new Map<string, number>();

  add(name: string): string {
    const characters = Array.from(name);
    const cut = (ending: string) => characters.slice(0, maxColumnTextLength - ending.length).join("") + ending;
    const plain = cut("");
    let key = plain;
    let number = this.#numbers.get(plain) ?? 2;
    while (this.#taken.has(key)) key = cut(`-${number++}`);
    this.#numbers.set(plain, number);
    this.#taken.add(key);
    return key;
  }
}

/** The mappings below a key of the leaderboard, with their own keys. */
function mappings(leaderboard: Fields, key: string, missing: "BND-72" | "BND-73"): { key: string; fields: Fields }[] {
  const { draft } = leaderboard;
  const value = leaderboard.get(key);
  const entries = value ? (Fields.of(draft, value)?.entries() ?? []) : [];
  if (!value || (value.node.kind === "mapping" && entries.length === 0)) draft.error(missing, leaderboard.at(key));
  return entries.flatMap((entry) => {
    const fields = Fields.of(draft, entry);
    return fields ? [{ key: entry.key, fields }] : [];
  });
}

/** Reads the columns, ordered by rank, each with the number of its leaderboard. `labels` are those of the leaderboards. */
function readColumns(
  leaderboard: Fields,
  labels: readonly string[],
): { board: number; column: Omit<ColumnDescription, "index"> }[] {
  const { draft } = leaderboard;
  // If several leaderboards have the same label, the first one applies, so it is set last.
  const boards = new Map(labels.map((label, i) => [label, i] as const).reverse());
  const sorted = mappings(leaderboard, "columns", "BND-73")
    .map(({ key, fields }) => ({ key, fields, rank: rankOf(fields), board: boards.get(boardLabel(fields)) }))
    .sort((one, other) => one.rank - other.rank);
  for (const { fields, board } of sorted) {
    if (board === undefined)
      draft.warn("BND-75", fields.path, "this column. No leaderboard has the label that it names.");
  }
  return sorted
    .flatMap(({ board, ...column }) => (board === undefined ? [] : [{ ...column, board }]))
    .map(({ key, fields, board }) => {
      const text = key.trim();
      if (text === "") draft.error("BND-20:blank", fields.path, "The key of this column");
      const { length } = Array.from(text);
      if (length > maxColumnTextLength)
        draft.error("BND-20:length", fields.path, String(length), String(maxColumnTextLength));
      const column: Omit<ColumnDescription, "index"> = {
        title: shorten(fields, fields.text("label") ?? text, maxColumnTextLength),
        key: text,
        sorting: fields.choice("sort", ["desc", "asc"], "desc"),
        precision: fields.integer("numeric_format", precision.default, precision.min, precision.max),
        hidden: fields.boolean("hidden", false),
        computation: null,
        computationIndexes: null,
      };
      reportChanges(fields);
      return { board, column };
    });
}

/** Hides the columns that `hidden_columns` of version 1.8 names: a list, or a text with commas. */
function hideColumns(place: Fields, columns: Omit<ColumnDescription, "index">[]): void {
  const { draft } = place;
  const value = place.get("hidden_columns");
  if (!value) return;
  const items = value.node.kind === "text" ? value.node.value.split(",") : (itemsOf(draft, value) ?? []);
  // The first column with a name applies, so it is set last.
  const named = new Map(
    columns.flatMap((column) => [column.key, column.title].map((name) => [name, column] as const)).reverse(),
  );
  for (const item of items) {
    const name = (typeof item === "string" ? item : (scalarText(item.node) ?? "")).trim();
    const column = named.get(name);
    if (column) column.hidden = true;
    else if (name !== "")
      draft.warn("BND-75", value.path, `the hidden column ${plainQuote(name)}. There is no such column.`);
  }
}

/** The rank by which columns are ordered; 1 if there is none. */
function rankOf(column: Fields): number {
  const rank = column.get("rank")?.node;
  const number = rank ? Number(scalarText(rank) ?? NaN) : 1;
  return Number.isFinite(number) ? number : column.integer("rank", 1);
}

function boardLabel(column: Fields): string {
  const board = column.get("leaderboard");
  if (!board) column.draft.error("BND-20:required", column.at("leaderboard"), "leaderboard");
  return ((board && Fields.of(column.draft, board)?.text("label")) ?? "").toLowerCase();
}

/** Cuts a title to the maximum length. Titles are only displayed, so this is a warning. */
function shorten(fields: Fields, title: string, max: number): string {
  const characters = Array.from(title.trim());
  if (characters.length <= max) return title.trim();
  const cut = characters
    .slice(0, max - 1)
    .join("")
    .trimEnd();
  fields.draft.warn("BND-74", fields.path, `the title ${plainQuote(title)} is cut to ${max} characters.`);
  return `${cut}…`;
}

/** Reports what a column had in CodaLab and does not have here. */
function reportChanges(column: Fields): void {
  const { draft } = column;
  if (column.get("computed")) {
    const what = "CodaLab computed this column from ranks. Here the scoring program must write it, or it stays empty.";
    draft.warn("BND-76", column.at("computed"), what);
  }
  column.ignore("column_group");
  if (column.get("selection_default")) {
    draft.warn("BND-76", column.at("selection_default"), "the first column ranks submissions.");
  }
  column.warnOfUnknownKeys({ title: "label", sorting: "sort", precision: "numeric_format" });
}

/** If CodaLab put submissions on the leaderboard automatically, this platform does so too. */
function readRule(fields: Fields, phases: readonly Fields[]): SubmissionRule {
  const { draft } = fields;
  const best = phases.filter((phase) => phase.boolean("force_best_submission_to_leaderboard", false));
  const last = fields.boolean("force_submission_to_leaderboard", false);
  const [phase] = best;
  if (phase) {
    if (best.length < phases.length) {
      const path = phase.at("force_best_submission_to_leaderboard");
      draft.warn("BND-76", path, "the rule applies to all phases, not only to this one.");
    }
    return "Force_Best";
  }
  if (last) return "Force_Last";
  if (fields.boolean("disallow_leaderboard_modifying", false)) {
    const what = "disallow_leaderboard_modifying. Participants choose which submission the leaderboard shows.";
    draft.warn("BND-75", "disallow_leaderboard_modifying", what);
  }
  return "Add";
}
