/** What the API says of worksheets and the bundles on them, under the names of the wire. */
import type { Block, BlockBundle, Cell, PendingCell } from "../../lambdas/worksheets/rules/blocks.ts";
import type { Metadata } from "../../lambdas/worksheets/rules/metadata.ts";
import type { Permission } from "../../lambdas/worksheets/rules/permission.ts";
import type { WorksheetInfo } from "../../lambdas/worksheets/rules/worksheet-info.ts";
import type { BundleInfo } from "../../lambdas/worksheets/rules/bundle-info.ts";

export type {
  Block,
  BundlesSpec,
  Cell,
  ContentsBlock,
  GraphBlock,
  ImageBlock,
  MarkupBlock,
  PendingCell,
  RecordBlock,
  SchemaBlock,
  SubworksheetsBlock,
  TableBlock,
  PlaceholderBlock,
} from "../../lambdas/worksheets/rules/blocks.ts";
export type { BundleInfo } from "../../lambdas/worksheets/rules/bundle-info.ts";
export type { Permission } from "../../lambdas/worksheets/rules/permission.ts";
export type { GroupPermissionInfo, WorksheetInfo } from "../../lambdas/worksheets/rules/worksheet-info.ts";

/** A worksheet with what stands on it. */
export interface Worksheet extends WorksheetInfo {
  edit_permission: boolean;
  /** A line for each item. */
  source: string[];
  blocks: Block[];
  /** The block and row that a line leads to. */
  raw_to_block: (readonly [number, number] | null)[];
  /** The line of a block and row, written `block,row`. */
  block_to_raw: Record<string, number>;
}

/** A bundle in a block, with its item. */
export type ShownBundle = BlockBundle & { id: number | null; sort_key: number | null };

/** The bundles of a block. */
export const bundlesOf = (block: Block): ShownBundle[] =>
  "bundles_spec" in block ? block.bundles_spec.bundle_infos.filter((bundle) => bundle !== null) : [];

/** Whether a bundle is there, and the reader may know more of it than that. */
export const isSeen = (bundle: ShownBundle): bundle is BundleInfo & { id: number | null; sort_key: number | null } =>
  "bundle_type" in bundle && bundle.bundle_type !== "private";

/** A bundle by itself. */
export interface BundleAttributes {
  uuid: string;
  bundle_type: string;
  command: string | null;
  state: string | null;
  state_details: string | null;
  metadata: Metadata;
  permission: Permission;
}

/** The name of a bundle, as people know it. */
export const nameOf = ({ metadata }: { metadata: Readonly<Record<string, unknown>> }): string =>
  typeof metadata["name"] === "string" ? metadata["name"] : "";

/** Whether a cell says where its value is, as `[uuid, genpath, post-processor]`. */
export const isPending = (cell: Cell): cell is PendingCell =>
  Array.isArray(cell) && cell.length === 3 && /^0x[0-9a-f]{32}$/.test(String(cell[0])) && /^\//.test(String(cell[1]));
