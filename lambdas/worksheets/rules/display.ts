/** How `% display` shows the bundles below it. */
import { fieldOf } from "./bundle-info.ts";
import type { BundleInfo, MissingBundle } from "./bundle-info.ts";
import { status } from "./blocks.ts";
import type { Block, BlockBundle, BundlesSpec, Cell, FoundTable, Trajectory } from "./blocks.ts";
import { isFileGenpath } from "./file-value.ts";
import { postProcessor } from "./post-process.ts";
import { LanguageProblem } from "./problem.ts";
import type { Schema, Schemas } from "./schema.ts";
import { textOf } from "./value.ts";
import type { Value } from "./value.ts";

/** A bundle on a worksheet. Those that a search found are no items of it, so they have neither id nor key. */
export interface ShownBundle {
  bundle: BundleInfo | MissingBundle;
  id: number | null;
  sort_key: number | null;
}

/** Blocks that show bundles. Either one for all, with a row for each bundle, or one for each bundle. */
export interface Shown {
  blocks: Block[];
  /** The block and row of each bundle. */
  places: (readonly [block: number, row: number] | null)[];
}

/** How many lines of a file `contents` and `graph` show unless told otherwise, and at most. */
const usualLines = 10;
const maxLines = 10_000;

/** Shows bundles as the words after `display` say. `line` is where the bundles begin in the source. */
export function display(
  words: readonly string[],
  bundles: readonly ShownBundle[],
  schemas: Schemas,
  line: number,
): Shown {
  const [mode = "", ...args] = words;
  switch (mode) {
    case "hidden":
      return { blocks: [], places: bundles.map(() => null) };
    case "table":
      return inOneBlock(bundles, [table(args, bundles, schemas.columns(args), line)]);
    case "record": {
      const columns = schemas.columns(args);
      return oneBlockEach(bundles.map((bundle) => record(args, bundle, columns, line)));
    }
    case "contents":
    case "image":
      return oneBlockEach(bundles.map((bundle) => file(mode, args, bundle)));
    case "graph":
      return inOneBlock(bundles, [graph(args, bundles)]);
    default:
      throw new LanguageProblem(`Unknown display mode: ${mode}`);
  }
}

const inOneBlock = (bundles: readonly ShownBundle[], blocks: Block[]): Shown => ({
  blocks,
  places: bundles.map((_bundle, row) => [0, row]),
});

const oneBlockEach = (blocks: Block[]): Shown => ({ blocks, places: blocks.map((_block, index) => [index, 0]) });

function bundlesSpec(bundles: readonly ShownBundle[]): BundlesSpec {
  return {
    spec_type: "uuid_spec",
    uuid_spec: bundles.map(({ bundle }) => bundle.uuid),
    bundle_infos: bundles.map(({ bundle, id, sort_key }) => ({ ...shown(bundle), id, sort_key })),
    fetch_status: status("ready"),
  };
}

/** Pages read the name of every bundle. */
const shown = (bundle: BundleInfo | MissingBundle): BlockBundle =>
  bundle.metadata === undefined ? { uuid: bundle.uuid, metadata: { name: "<invalid>" } } : bundle;

const sortKeys = (bundles: readonly ShownBundle[]) => bundles.map(({ sort_key }) => sort_key);

/** Prepares the columns once for all bundles. */
function cellsOf(columns: Schema): (bundle: BundleInfo | MissingBundle) => [name: string, cell: Cell][] {
  const prepared = columns.map((column) => ({ ...column, process: postProcessor(column.post) }));
  return (bundle) =>
    prepared.map(({ name, genpath, post, process }) => [
      name,
      isFileGenpath(genpath) ? [bundle.uuid, genpath, post] : process(fieldIn(bundle, genpath)),
    ]);
}

function fieldIn(bundle: BundleInfo | MissingBundle, genpath: string): Value {
  if (bundle.metadata !== undefined) return fieldOf(bundle, genpath);
  return genpath === "uuid" ? bundle.uuid : genpath === "name" ? "<invalid>" : null;
}

function table(args: readonly string[], bundles: readonly ShownBundle[], columns: Schema, line: number): Block {
  const cells = cellsOf(columns);
  return {
    mode: "table_block",
    is_refined: false,
    bundles_spec: bundlesSpec(bundles),
    status: status("unknown"),
    header: columns.map(({ name }) => name),
    rows: bundles.map(({ bundle }) => Object.fromEntries(cells(bundle))),
    sort_keys: sortKeys(bundles),
    first_bundle_source_index: line,
    using_schemas: usedSchemas(args),
  };
}

/** A table whose bundles stand on no worksheet. */
export const foundTable = ({ header, rows }: FoundTable, line: number): Block => ({
  mode: "table_block",
  is_refined: false,
  bundles_spec: {
    spec_type: "uuid_spec",
    uuid_spec: rows.map(({ bundle }) => bundle.uuid),
    bundle_infos: rows.map(({ bundle: { uuid, name } }) => ({ uuid, metadata: { name }, id: null, sort_key: null })),
    fetch_status: status("ready"),
  },
  status: status("unknown"),
  header,
  rows: rows.map(({ cells }) => cells),
  sort_keys: rows.map(() => null),
  first_bundle_source_index: line,
  using_schemas: [],
});

function record(args: readonly string[], bundle: ShownBundle, columns: Schema, line: number): Block {
  return {
    mode: "record_block",
    is_refined: false,
    bundles_spec: bundlesSpec([bundle]),
    status: status("unknown"),
    header: ["key", "value"],
    rows: cellsOf(columns)(bundle.bundle).map(([name, value]) => ({ key: `${name}:`, value })),
    sort_keys: sortKeys([bundle]),
    first_bundle_source_index: line,
    using_schemas: usedSchemas(args),
  };
}

const usedSchemas = (args: readonly string[]) => (args.length > 0 ? [...args] : ["default"]);

function file(mode: "contents" | "image", args: readonly string[], bundle: ShownBundle): Block {
  const { path, properties } = readArguments(mode, args);
  if (bundle.bundle.metadata === undefined)
    return { ...markup("ERROR: cannot access bundle", true), sort_keys: sortKeys([bundle]), ids: [bundle.id] };
  const common = {
    is_refined: false,
    bundles_spec: bundlesSpec([bundle]),
    target_genpath: path,
    status: status("unknown"),
  };
  if (mode === "contents") return { mode: "contents_block", ...common, max_lines: linesIn(properties), lines: null };
  const [width, height] = [pixels(properties.get("width")), pixels(properties.get("height"))];
  return { mode: "image_block", ...common, image_data: null, width, height };
}

function graph(args: readonly string[], bundles: readonly ShownBundle[]): Block {
  const { path, properties } = readArguments("graph", args);
  const trajectories = bundles.map(({ bundle }): Trajectory => {
    const display_name = textOf(fieldIn(bundle, properties.get("display_name") ?? "name"));
    return { bundle_uuid: bundle.uuid, display_name, target_genpath: path };
  });
  return {
    mode: "graph_block",
    is_refined: false,
    trajectories,
    bundles_spec: bundlesSpec(bundles.slice(0, 1)),
    max_lines: linesIn(properties),
    xlabel: properties.get("xlabel") ?? null,
    ylabel: properties.get("ylabel") ?? null,
  };
}

/** A text among the blocks. */
export const markup = (text: string, error = false): Block & { mode: "markup_block" } => ({
  mode: "markup_block",
  is_refined: true,
  text,
  ids: [],
  sort_keys: [],
  error,
});

/** `/path key=value …`. The path loses its slash: it is one within a bundle. */
function readArguments(mode: string, args: readonly string[]): { path: string; properties: Map<string, string> } {
  const [genpath, ...rest] = args;
  if (genpath === undefined)
    throw new LanguageProblem(`Expected '% display ${mode} (genpath)', but got '% display ${mode}'`);
  if (!isFileGenpath(genpath)) throw new LanguageProblem(`Not file genpath: ${genpath}`);
  const properties = rest.map((arg): [string, string] => {
    const equals = arg.indexOf("=");
    if (equals === -1) throw new LanguageProblem(`Expected <key>=<value>, but got ${arg}`);
    return [arg.slice(0, equals), arg.slice(equals + 1)];
  });
  return { path: genpath.slice(1), properties: new Map(properties) };
}

function linesIn(properties: Map<string, string>): number {
  const lines = properties.get("maxlines") ?? String(usualLines);
  if (!/^\d+$/.test(lines)) throw new LanguageProblem("maxlines must be integer");
  return Math.min(Number(lines), maxLines);
}

/** Other texts, such as `50%`, are left out. */
const pixels = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : null;
