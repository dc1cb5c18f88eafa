/** Worksheets as they are shown. The number of statements does not grow with what stands on them, only with searches. */
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Item as StoredItem } from "../db/worksheet-items.ts";
import type { Block, FoundTable } from "../rules/blocks.ts";
import { descriptionOf } from "../rules/bundle-info.ts";
import { interpret, searchIn } from "../rules/interpret.ts";
import type { Entry, Interpretation, Item, Search } from "../rules/interpret.ts";
import { LanguageProblem } from "../rules/problem.ts";
import { bundleSource, directiveSource, worksheetSource } from "../rules/source.ts";
import { textOf } from "../rules/value.ts";
import { joinWords, splits, splitWords } from "../rules/words.ts";
import { bundleInfos } from "./bundle-infos.ts";
import { leaderboardTable } from "./leaderboard-table.ts";
import { refine } from "./refine.ts";
import { findBundlesBy, findWorksheetsBy } from "./searches.ts";
import { readItems } from "./worksheet-items.ts";
import type { WorksheetInfo } from "../rules/worksheet-info.ts";
import { worksheetInfos, worksheetInfosByUuid } from "./worksheet-infos.ts";
import { requireWorksheet, seenBy } from "./worksheets.ts";

/** How a worksheet is wanted. */
export interface Wanted {
  /** Runs no searches, and reads no files for tables. */
  brief: boolean;
  /** Only the block of this search, run now. */
  directive: string | null;
  /** Only the blocks with these bundles, and of the bundles only these. Empty: everything. */
  bundles: ReadonlySet<string>;
}

export interface InterpretedWorksheet extends Omit<Interpretation, "blocks"> {
  worksheet: WorksheetInfo;
  source: string[];
  blocks: (Block | null)[];
}

/** More searches of one worksheet are not run. */
const maxSearches = 50;

/** A worksheet that an actor may read, as blocks. Whatever is wrong with a line becomes a block that says so. */
export async function interpretWorksheet(
  context: Context,
  actor: Actor,
  uuid: string,
  wanted: Wanted,
): Promise<InterpretedWorksheet> {
  const worksheet = seenBy(actor, await requireWorksheet(context.db, actor, uuid));
  const [info] = await worksheetInfos(context, actor, [worksheet]);
  const stored = await readItems(context, worksheet);
  const lines = linesOf(stored, wanted);
  const results = await runSearches(context, actor, lines);
  const lookUp = await lookUpFor(context, actor, stored, results);
  const entries = lines.flatMap(({ line, item, search }): Entry[] =>
    search ? results.get(line)!.map((result) => ({ line, item: lookUp(result) })) : [{ line, item: lookUp(item) }],
  );
  const { blocks: all, ...places } = interpret(entries, stored.length);
  // Of a search alone, what stands above it says only how it is displayed.
  const found = wanted.directive === null ? undefined : (lines.at(-1)?.line ?? -1);
  const shown = all.filter((_block, at) => found === undefined || places.block_to_raw[`${at},0`] === found);
  const blocks = wanted.bundles.size === 0 ? shown : shown.map((block) => onlyWith(wanted.bundles, block));
  await refine(context, actor, blocks, wanted);
  const sourceOf = (item: StoredItem) => lineOf(lookUp(item), item);
  return { worksheet: info!, source: stored.map(sourceOf), blocks, ...places };
}

/** An item of a worksheet, or one that a search has found. Those have no place. */
type AnyItem = Pick<StoredItem, "type" | "value" | "bundle_uuid" | "subworksheet_uuid"> &
  Partial<Pick<StoredItem, "id" | "sort_key">> & { problem?: string; table?: FoundTable };

interface Line {
  line: number;
  item: StoredItem;
  /** Set for a search that is to be run. */
  search: Search | undefined;
}

/** The lines that are wanted. A search depends on the directives above it, and on nothing else. */
function linesOf(stored: readonly StoredItem[], { brief, directive }: Wanted): Line[] {
  const lines = stored.map((item, line): Line => {
    const search = item.type === "directive" ? searchIn(item.value) : undefined;
    return { line, item, search: brief && directive === null ? undefined : search };
  });
  if (directive === null) return lines;
  const wantedWords = splits(directive) ? joinWords(splitWords(directive)) : directive;
  const found = lines.find(({ search }) => search && joinWords([search.command, ...search.keywords]) === wantedWords);
  if (!found) return [];
  return [...lines.slice(0, found.line).filter(({ item, search }) => item.type === "directive" && !search), found];
}

/** What searches find, by their lines. What is wrong with a search is its result. */
async function runSearches(context: Context, actor: Actor, lines: readonly Line[]): Promise<Map<number, AnyItem[]>> {
  const results = new Map<number, AnyItem[]>();
  for (const { line, search } of lines) {
    if (search) results.set(line, results.size < maxSearches ? await run(context, actor, search) : [tooMany]);
  }
  return results;
}

const nothing = { value: "", bundle_uuid: null, subworksheet_uuid: null } as const;
const tooMany: AnyItem = {
  ...nothing,
  type: "markup",
  problem: `A worksheet runs at most ${maxSearches} searches. Put the others on another one.`,
};

async function run(context: Context, actor: Actor, { command, keywords }: Search): Promise<AnyItem[]> {
  try {
    if (command === "wsearch") {
      const found = await findWorksheetsBy(context, actor, keywords);
      return found.map(({ uuid }) => ({ ...nothing, type: "worksheet", subworksheet_uuid: uuid }));
    }
    if (command === "leaderboard")
      return [{ ...nothing, type: "markup", table: await leaderboardTable(context, actor, keywords) }];
    const found = await findBundlesBy(context, actor, keywords);
    if ("number" in found) return [{ ...nothing, type: "markup", value: textOf(found.number) }];
    return found.uuids.map((uuid) => ({ ...nothing, type: "bundle", bundle_uuid: uuid }));
  } catch (error) {
    if (!(error instanceof LanguageProblem)) throw error;
    return [{ ...nothing, type: "markup", problem: error.message }];
  }
}

/** Loads all bundles and worksheets that items name, at once. */
async function lookUpFor(
  context: Context,
  actor: Actor,
  stored: readonly StoredItem[],
  results: ReadonlyMap<number, AnyItem[]>,
): Promise<(item: AnyItem) => Item> {
  const all: AnyItem[] = [...stored, ...[...results.values()].flat()];
  const bundles = await bundleInfos(
    context,
    actor,
    all.flatMap(({ bundle_uuid }) => bundle_uuid ?? []),
  );
  const worksheets = await worksheetInfosByUuid(
    context,
    actor,
    all.flatMap(({ subworksheet_uuid }) => subworksheet_uuid ?? []),
  );
  return ({ id, sort_key = null, type, value, bundle_uuid, subworksheet_uuid, problem, table }) => {
    const place = { id: id === undefined ? null : Number(id), sort_key };
    if (problem !== undefined) return { ...place, type: "problem", message: problem };
    if (table) return { ...place, type: "table", table };
    if (type === "bundle") return { ...place, type, bundle: bundles.get(bundle_uuid!) ?? { uuid: bundle_uuid! } };
    if (type === "worksheet") return { ...place, type, worksheet: worksheets.get(subworksheet_uuid!)! };
    return { ...place, type, value };
  };
}

/** The line of an item in the source. */
function lineOf(item: Item, stored: StoredItem): string {
  switch (item.type) {
    case "bundle":
      return bundleSource(descriptionOf(item.bundle), item.bundle.uuid);
    case "worksheet":
      return worksheetSource(textOf(item.worksheet["name"] ?? null), item.worksheet.uuid);
    case "directive":
      return directiveSource(item.value);
    default:
      return stored.value;
  }
}

/** Null unless a block has one of the bundles. A page that asks again has the other bundles already. */
function onlyWith(bundles: ReadonlySet<string>, block: Block): Block | null {
  if (!("bundles_spec" in block)) return null;
  const infos = block.bundles_spec.bundle_infos.map((info) => (info && bundles.has(info.uuid) ? info : null));
  if (infos.every((info) => info === null)) return null;
  return { ...block, bundles_spec: { ...block.bundles_spec, bundle_infos: infos } };
}
