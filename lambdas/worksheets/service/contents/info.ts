/** What is in the contents of a worksheet bundle. */
import { posix } from "node:path";
import type { SeenItem } from "../../../../contract/job.ts";
import type { Context } from "../../../kernel/context.ts";
import type { Actor } from "../../../policy/policy.ts";
import { filesIn } from "../../db/files.ts";
import { liveItem } from "../runs/live.ts";
import { linkedFolder, maxLinkedDepth } from "./linked.ts";
import { findTarget } from "./targets.ts";

export interface FileInfo {
  name: string;
  size: number;
  /** Permission bits. */
  perm: number;
  type: "file" | "directory" | "link";
  link?: string;
  contents?: FileInfo[];
}

export interface TargetInfo extends FileInfo {
  /** Where it really is: perhaps in a bundle on which the given one depends. */
  resolved_target: { bundle_uuid: string; subpath: string };
}

/** An answer lists no more, which keeps it below what a function may answer. */
export const maxListed = 10_000;

/** What a path is, with what is in it to a depth. */
export async function targetInfo(
  context: Context,
  actor: Actor,
  uuid: string,
  path: string,
  depth: number,
): Promise<TargetInfo> {
  const target = await findTarget(context, actor, uuid, path);
  const { type, size, mode, link, bundle, contentId } = target;
  const info: TargetInfo = {
    name: target.path === "" ? bundle.uuid : posix.basename(target.path),
    size,
    perm: mode,
    type,
    ...(link !== undefined && { link }),
    resolved_target: { bundle_uuid: bundle.uuid, subpath: target.path },
  };
  if (type !== "directory" || depth === 0) return info;
  if (target.files)
    return {
      ...info,
      contents: target.files.map((file) => ({ name: file.name, size: file.size, perm: 0o644, type: "file" })),
    };
  if (target.isLive) return { ...info, ...liveInfo(await liveItem(context, bundle, target.path, depth)) };
  const folders = new Map<string, FileInfo>([[target.path, info]]);
  info.contents = [];
  const above = target.path === "" ? 0 : target.path.split("/").length;
  const files = target.linked
    ? linkedFolder(target.linked, Math.min(depth, maxLinkedDepth), target.path)
    : await filesIn(context.db, contentId!, target.path, { depth, limit: maxListed });
  let listed = 0;
  for await (const file of files) {
    if (++listed > maxListed) break;
    const one: FileInfo = { name: posix.basename(file.path), size: file.size, perm: file.mode, type: file.type };
    if (file.target !== undefined) one.link = file.target;
    if (file.type === "directory" && file.path.split("/").length - above < depth) {
      one.contents = [];
      folders.set(file.path, one);
    }
    folders.get(parentOf(file.path))?.contents?.push(one);
  }
  return info;
}

/** What a folder has that a run is writing; nothing if its worker does not answer. */
function liveInfo(item: SeenItem | undefined): { contents: FileInfo[] } {
  const infoOf = ({ name, kind, size, mode: perm, target: link, contents }: SeenItem): FileInfo[] => {
    if (kind === "special") return [];
    const type = kind === "folder" ? "directory" : kind;
    const inside = contents && { contents: contents.flatMap(infoOf) };
    return [{ name, size, perm, type, ...(link !== undefined && { link }), ...inside }];
  };
  return { contents: item?.contents?.flatMap(infoOf) ?? [] };
}

const parentOf = (path: string) => (path.includes("/") ? posix.dirname(path) : "");
