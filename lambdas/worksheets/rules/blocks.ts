/** The blocks as which a worksheet is shown, under the names of the wire. */
import type { BundleInfo } from "./bundle-info.ts";
import { isFileGenpath } from "./file-value.ts";
import { uuidPattern } from "./specs.ts";
import type { Value } from "./value.ts";

/** How much of a block could be read. */
export interface Status {
  code: "unknown" | "briefly_loaded" | "ready" | "not_found" | "no_permission";
  error_message: string;
}

/** A value, or where to find it: uuid of a bundle, genpath into one of its files, post-processor. */
export type Cell = Value | PendingCell;
export type PendingCell = readonly [uuid: string, genpath: string, post: string | null];

/** A bundle in a block. One that does not exist has only a uuid and the name `<invalid>`. */
export type BlockBundle = BundleInfo | { uuid: string; metadata: { name: string } };

export interface BundlesSpec {
  spec_type: "uuid_spec";
  uuid_spec: string[];
  /** Null for bundles that a page which asked for others has already. */
  bundle_infos: ((BlockBundle & { id: number | null; sort_key: number | null }) | null)[];
  fetch_status: Status;
}

interface Refined {
  /** Whether the block is ready to be shown. */
  is_refined: boolean;
}

export interface MarkupBlock extends Refined {
  mode: "markup_block";
  text: string;
  ids: (number | null)[];
  sort_keys: (number | null)[];
  /** Whether the text says what is wrong with a line. */
  error: boolean;
}

interface BundleRows extends Refined {
  bundles_spec: BundlesSpec;
  status: Status;
  header: string[];
  sort_keys: (number | null)[];
  /** The line of the source where the bundles begin. */
  first_bundle_source_index: number;
  using_schemas: string[];
}

export interface TableBlock extends BundleRows {
  mode: "table_block";
  rows: Record<string, Cell>[];
}

export interface RecordBlock extends BundleRows {
  mode: "record_block";
  rows: { key: string; value: Cell }[];
}

export interface ContentsBlock extends Refined {
  mode: "contents_block";
  bundles_spec: BundlesSpec;
  target_genpath: string;
  status: Status;
  max_lines: number;
  lines: string[] | null;
}

export interface ImageBlock extends Refined {
  mode: "image_block";
  bundles_spec: BundlesSpec;
  target_genpath: string;
  status: Status;
  /** In base64. */
  image_data: string | null;
  width: number | null;
  height: number | null;
}

export interface Trajectory {
  bundle_uuid: string;
  display_name: string;
  target_genpath: string;
  /** Missing if there is no such file. */
  points?: string[][];
}

export interface GraphBlock extends Refined {
  mode: "graph_block";
  trajectories: Trajectory[];
  bundles_spec: BundlesSpec;
  max_lines: number;
  xlabel: string | null;
  ylabel: string | null;
}

export interface SchemaBlock extends Refined {
  mode: "schema_block";
  status: Status;
  schema_name: string;
  header: string[];
  field_rows: {
    field: string;
    "generalized-path": string;
    "post-processor": string | null;
    from_schema_name: string | null;
  }[];
  ids: (number | null)[];
  sort_keys: (number | null)[];
}

export interface SubworksheetsBlock extends Refined {
  mode: "subworksheets_block";
  subworksheet_infos: (Record<string, Value> & { uuid: string })[];
  sort_keys: (number | null)[];
}

/** A search that has not been run. */
export interface PlaceholderBlock extends Refined {
  mode: "placeholder_block";
  directive: string;
  sort_keys: (number | null)[];
}

/** A table that stands on no worksheet. Each row is about a bundle. */
export interface FoundTable {
  header: string[];
  rows: { bundle: { uuid: string; name: string }; cells: Record<string, Value> }[];
}

export type Block =
  | MarkupBlock
  | TableBlock
  | RecordBlock
  | ContentsBlock
  | ImageBlock
  | GraphBlock
  | SchemaBlock
  | SubworksheetsBlock
  | PlaceholderBlock;

export const status = (code: Status["code"], message = ""): Status => ({ code, error_message: message });

/** Whether a cell says where to find its value. Clients send such cells back to have them read. */
export const isPending = (cell: Cell): cell is PendingCell =>
  Array.isArray(cell) &&
  cell.length === 3 &&
  isUuid(cell[0]) &&
  typeof cell[1] === "string" &&
  isFileGenpath(cell[1]) &&
  (cell[2] === null || typeof cell[2] === "string");

const isUuid = (value: Value) => typeof value === "string" && uuidPattern.test(value);
