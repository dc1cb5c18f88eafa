/** `fact_sheet`: the questions that participants answer when they submit. */
import type { FactSheetQuestion } from "../competition.ts";
import type { Draft } from "./draft.ts";
import { Fields, isKeepable, textOf } from "./fields.ts";
import type { Placed } from "./fields.ts";
import { scalarText } from "../../../jobs/rules/yaml/scalars.ts";
import { describe, listInWords } from "./wording.ts";

const questionKeys = ["key", "type", "title", "selection", "is_required", "is_on_leaderboard"] as const;
const questionTypes = ["checkbox", "text", "select"] as const;

/** Reads `fact_sheet`. An empty one is the same as none. */
export function readFactSheet(fields: Fields): Record<string, FactSheetQuestion> | null {
  const { draft } = fields;
  const value = fields.get("fact_sheet");
  if (!value || isEmpty(value)) return null;
  if (value.node.kind !== "mapping") {
    draft.error("BND-53", value.path, describe(value.node));
    return null;
  }
  const questions = new Fields(draft, value.node, value.path).entries().flatMap(({ key, ...question }) => {
    if (question.node.kind !== "mapping") {
      draft.error("BND-53", question.path, describe(question.node));
      return [];
    }
    return [[key, readQuestion(key, new Fields(draft, question.node, question.path))] as const];
  });
  return Object.fromEntries(questions);
}

/** Whether Python treats the value as false: `{}`, `""`, `[]`, `0` and `false` all mean that there is no fact sheet. */
function isEmpty({ node }: Placed): boolean {
  switch (node.kind) {
    case "mapping":
      return node.entries.length === 0;
    case "sequence":
      return node.items.length === 0;
    case "text":
      return node.value === "";
    case "boolean":
      return !node.value;
    case "integer":
    case "float":
      return Number(node.value) === 0;
    default:
      return false;
  }
}

function readQuestion(name: string, question: Fields): FactSheetQuestion {
  const { draft } = question;
  const present = question.entries().map((entry) => entry.key);
  const missing = questionKeys.filter((key) => !present.includes(key));
  const extra = present.filter((key) => !questionKeys.some((known) => known === key));
  if (missing.length + extra.length > 0) {
    draft.error("BND-50", question.path, missing.join(", "), extra.length > 0 ? listInWords(new Set(extra)) : "");
  }

  const key = question.get("key");
  const keyText = key ? textOf(draft, key) : "";
  if (!missing.includes("key") && keyText !== name.trim())
    draft.error("BND-51", question.at("key"), keyText ?? "", name);
  const type = question.raw("type");
  const typeText = type?.kind === "text" ? type.value : null;
  const known = questionTypes.find((word) => word === typeText);
  if (type && !known) draft.error("BND-52", question.at("type"), describe(type));
  const selection = question.raw("selection");
  if (known === "select" && selection && selection.kind !== "sequence") {
    draft.warn("BND-55", question.at("selection"));
  }
  return {
    key: name,
    type: known ?? "text",
    title: question.text("title") ?? "",
    selection: selection ? jsonOf(draft, { node: selection, path: question.at("selection") }) : "",
    is_required: flagOf(question, "is_required"),
    is_on_leaderboard: flagOf(question, "is_on_leaderboard"),
  };
}

/** A flag is true only if it is the text "true". It is stored as written, because clients compare it with that text. */
function flagOf(question: Fields, key: "is_required" | "is_on_leaderboard"): string | boolean {
  const value = question.get(key);
  if (!value) return false;
  if (value.node.kind !== "boolean") return textOf(question.draft, value) ?? "";
  if (value.node.value) question.draft.warn("BND-54", value.path, key);
  return value.node.value;
}

/** Converts the value to JSON, in which it is stored and compared with answers. */
function jsonOf(draft: Draft, { node, path }: Placed): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "boolean":
      return node.value;
    case "integer":
      return Number(node.value);
    case "float":
      if (Number.isFinite(node.value)) return node.value;
      draft.error("BND-20:json", path, node.source);
      return null;
    case "timestamp":
      draft.error("BND-20:json", path, describe(node));
      return null;
    case "text":
      return isKeepable(draft, node.value, path) ? node.value : null;
    case "sequence":
      return node.items.map((item, i) => jsonOf(draft, { node: item, path: `${path}[${i}]` }));
    case "mapping":
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [scalarText(key) ?? "", jsonOf(draft, { node: value, path })]),
      );
  }
}
