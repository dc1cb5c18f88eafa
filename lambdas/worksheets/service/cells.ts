/** Fills in what tables and records show of files. */
import type { Actor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { isPending, type Cell, type PendingCell } from "../rules/blocks.ts";
import { genpathLimits, readFileGenpath, valueAt, valueOfFile } from "../rules/file-value.ts";
import { bytesOfHead, headOf } from "../rules/head.ts";
import { postProcessor } from "../rules/post-process.ts";
import { LanguageProblem } from "../rules/problem.ts";
import type { Value } from "../rules/value.ts";
import { findFiles, type Found } from "./bundle-files.ts";
import { inTurns } from "./in-turns.ts";

/** How many files are read for one answer. */
const maxFiles = 10_000;
const maxBytes = 256 * 1024 * 1024;
/** A longer text is cut: a table is no place for a file. In UTF-16 units. */
const maxCell = 100_000;

/** The values of cells, in their order. Null where nothing is found, `Forbidden` where whoever asks may not read. */
export async function readCells(context: Context, actor: Actor, cells: readonly PendingCell[]): Promise<Value[]> {
  const wanted = cells.map(([uuid, genpath, post]) => ({
    uuid,
    ...readFileGenpath(genpath),
    process: postProcessor(post),
  }));
  const paths = [...new Map(wanted.map(({ uuid, path }) => [`${uuid}/${path}`, { uuid, path }])).values()];
  if (paths.length > maxFiles)
    throw new LanguageProblem(`At most ${maxFiles} files are read at once, not ${paths.length}`);
  const found = await findFiles(context, actor, paths);
  let bytesLeft = maxBytes;
  const values = await inTurns(found, async (one) => {
    bytesLeft -= one.kind === "file" ? Math.min(one.size, bytesOfHead(genpathLimits)) : 0;
    return bytesLeft < 0 ? null : valueOf(one);
  });
  const byPath = new Map(paths.map(({ uuid, path }, index) => [`${uuid}/${path}`, values[index]!]));
  return wanted.map(({ uuid, path, keys, process }) => {
    const value = byPath.get(`${uuid}/${path}`)!;
    return value === forbidden ? ["Forbidden"] : cut(process(valueAt(value, keys)));
  });
}

/** Stands for what may not be read. No value of a file is this one. */
const forbidden: Value = ["Forbidden"];

async function valueOf(found: Found): Promise<Value> {
  if (found.kind === "forbidden") return forbidden;
  if (found.kind !== "file") return null;
  const bytes = await found.read(bytesOfHead(genpathLimits));
  return valueOfFile(headOf(bytes, genpathLimits).join(""));
}

const cut = (value: Value): Value =>
  typeof value === "string" && value.length > maxCell ? `${value.slice(0, maxCell)}...` : value;

/** Rows of a table, in which the cells that say where to find their values have them. */
export async function fillRows(
  context: Context,
  actor: Actor,
  rows: readonly Record<string, Cell>[],
): Promise<Record<string, Value>[]> {
  const pending = rows.flatMap((row) => Object.values(row).filter(isPending));
  const values = await readCells(context, actor, pending);
  const byCell = new Map(pending.map((cell, index) => [cell, values[index]!]));
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, isPending(cell) ? byCell.get(cell)! : cell])),
  );
}
