/** `leaderboard` of versions 1.5 and 1.8. It may contain several leaderboards; the competition gets the first. */
import type { ColumnDescription, LeaderboardDescription, SubmissionRule } from "../competition.ts";
import { Fields, itemsOf } from "./fields.ts";
import { maxColumnTextLength, precision } from "./leaderboards.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { plainQuote } from "./wording.ts";

/** Reads the first leaderboard and its columns. `phases` contain settings that apply to the leaderboard here. */
export function readLeaderboard(fields: Fields, phases: readonly Fields[]): LeaderboardDescription {
  const { draft } = fields;
  const given = fields.get("leaderboard");
  if (!given) draft.error("BND-60", fields.at("leaderboard"));
  const leaderboard = given && Fields.of(draft, given);
  const boards = leaderboard ? mappings(leaderboard, "leaderboards", "BND-72") : [];
  const [first, ...others] = boards;
  for (const { fields: other } of others) {
    draft.warn("BND-75", other.path, "this leaderboard and its columns. A competition has one leaderboard here.");
  }
  if (leaderboard?.get("column_groups")) {
    draft.warn("BND-75", leaderboard.at("column_groups"), "groups of columns. All columns are shown side by side.");
  }
  const labels = boards.map((board) => board.fields.requiredText("label", Infinity).toLowerCase());
  const columns = leaderboard ? readColumns(leaderboard, labels) : [];
  for (const place of [fields, leaderboard, first?.fields]) if (place) hideColumns(place, columns);
  if (first && columns.length === 0) draft.error("BND-62", first.fields.path);
  if (first?.key.trim() === "") draft.error("BND-20:blank", first.fields.path, "The name of this leaderboard");
  return {
    title: first ? shorten(first.fields, first.key, 64) : "",
    // The key may be cut, because no score is looked up by it.
    key: Array.from(first?.key.trim() ?? "")
      .slice(0, maxColumnTextLength)
      .join(""),
    submissionRule: readRule(fields, phases),
    hidden: false,
    primaryIndex: 0,
    multiTaskRanking: "best_task",
    rankingTasks: [],
    columns,
  };
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

/** Reads the columns of the first leaderboard, ordered by rank. `labels` are those of all leaderboards. */
function readColumns(leaderboard: Fields, labels: readonly string[]): ColumnDescription[] {
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
    .filter(({ board }) => board === 0)
    .map(({ key, fields }, index) => {
      const text = key.trim();
      if (text === "") draft.error("BND-20:blank", fields.path, "The key of this column");
      const { length } = Array.from(text);
      if (length > maxColumnTextLength)
        draft.error("BND-20:length", fields.path, String(length), String(maxColumnTextLength));
      const column: ColumnDescription = {
        title: shorten(fields, fields.text("label") ?? text, maxColumnTextLength),
        key: text,
        index,
        sorting: fields.choice("sort", ["desc", "asc"], "desc"),
        precision: fields.integer("numeric_format", precision.default, precision.min, precision.max),
        hidden: fields.boolean("hidden", false),
        computation: null,
        computationIndexes: null,
      };
      reportChanges(fields);
      return column;
    });
}

/** Hides the columns that `hidden_columns` of version 1.8 names: a list, or a text with commas. */
function hideColumns(place: Fields, columns: ColumnDescription[]): void {
  const { draft } = place;
  const value = place.get("hidden_columns");
  if (!value) return;
  const items = value.node.kind === "text" ? value.node.value.split(",") : (itemsOf(draft, value) ?? []);
  for (const item of items) {
    const name = (typeof item === "string" ? item : (scalarText(item.node) ?? "")).trim();
    const column = columns.find(({ key, title }) => [key, title].includes(name));
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
