/** Reads what blocks show of files. */
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { isPending, status } from "../rules/blocks.ts";
import type { Block, Cell, ContentsBlock, ImageBlock, RecordBlock, TableBlock, Trajectory } from "../rules/blocks.ts";
import { bytesOfHead, headOf } from "../rules/head.ts";
import { findFiles, type BundlePath, type Found } from "./bundle-files.ts";
import { fillRows } from "./cells.ts";
import { inTurns } from "./in-turns.ts";

const bytesPerLine = 1024;
/** How large images may be, all of a worksheet together: an answer has room for no more. */
const maxImageBytes = 3 * 1024 * 1024;

/**
 * Reads the files that blocks show. Blocks that are not wanted are null. In brief, cells stay as they are: pages have them
 * filled in table by table.
 */
export async function refine(
  context: Context,
  actor: Actor,
  blocks: readonly (Block | null)[],
  { brief }: { brief: boolean },
): Promise<void> {
  const tables = blocks.filter((block) => block?.mode === "table_block" || block?.mode === "record_block");
  if (brief) tables.forEach(markBrief);
  else await fillTables(context, actor, tables);
  await readFiles(context, actor, blocks);
  for (const block of blocks) if (block) block.is_refined = true;
}

type Rows = TableBlock | RecordBlock;

function markBrief(block: Rows): void {
  const isWaiting = block.rows.some((row) => Object.values(row).some(isPending));
  block.status = status(isWaiting ? "briefly_loaded" : "ready");
}

/** All tables together, so that the number of statements does not grow with them. */
async function fillTables(context: Context, actor: Actor, tables: readonly Rows[]): Promise<void> {
  const rows = tables.flatMap<Record<string, Cell>>((block) => block.rows);
  const filled = await fillRows(context, actor, rows);
  let next = 0;
  for (const block of tables) {
    for (const row of block.rows) Object.assign(row, filled[next++]);
    block.status = status("ready");
  }
}

/** A file that a block shows, and how. */
interface ShownFile extends BundlePath {
  show(found: Found): Promise<void>;
}

async function readFiles(context: Context, actor: Actor, blocks: readonly (Block | null)[]): Promise<void> {
  let imageBytes = maxImageBytes;
  const hasRoom = (found: Found) => found.kind !== "file" || (imageBytes -= found.size) >= 0;
  const shown = blocks.flatMap((block): ShownFile[] => {
    switch (block?.mode) {
      case "graph_block":
        return block.trajectories.map((one) => ({
          uuid: one.bundle_uuid,
          path: one.target_genpath,
          show: (found) => showPoints(one, found, block.max_lines),
        }));
      case "contents_block":
        return [{ ...targetOf(block), show: (found) => showContents(block, found) }];
      case "image_block":
        return [{ ...targetOf(block), show: (found) => showImage(block, found, hasRoom(found)) }];
      default:
        return [];
    }
  });
  const found = await findFiles(context, actor, shown);
  await inTurns([...shown.entries()], ([index, { show }]) => show(found[index]!));
}

const targetOf = ({ bundles_spec, target_genpath }: ContentsBlock | ImageBlock): BundlePath => ({
  uuid: bundles_spec.uuid_spec[0]!,
  path: target_genpath,
});

const linesOf = async (file: Extract<Found, { kind: "file" }>, lines: number): Promise<string[]> => {
  const limits = { lines, bytesPerLine };
  return headOf(await file.read(bytesOfHead(limits)), limits);
};

async function showContents(block: ContentsBlock, file: Found): Promise<void> {
  block.status = statusOf(file);
  if (file.kind === "file") block.lines = await linesOf(file, block.max_lines);
  if (file.kind === "directory") {
    block.lines = ["<directory>"];
    block.status = status("ready");
  }
}

async function showImage(block: ImageBlock, file: Found, hasRoom: boolean): Promise<void> {
  const tooLarge = "The images of this worksheet are too large to be sent with it. Open the file.";
  block.status = hasRoom ? statusOf(file) : status("not_found", tooLarge);
  if (file.kind === "file" && hasRoom) block.image_data = (await file.read(maxImageBytes)).toString("base64");
}

/** Of a file with tab-separated values, each line is a point. */
async function showPoints(trajectory: Trajectory, file: Found, lines: number): Promise<void> {
  if (file.kind === "file") trajectory.points = (await linesOf(file, lines)).map((line) => line.split("\t"));
}

function statusOf({ kind }: Found) {
  if (kind === "file") return status("ready");
  return status(kind === "forbidden" ? "no_permission" : "not_found");
}
