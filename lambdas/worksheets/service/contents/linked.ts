/** Contents of bundles that are links (`cl upload --link`): files of this machine that stay where they are. */
import { posix } from "node:path";
import type { Context } from "../../../kernel/context.ts";
import {
  linkedEntries,
  linkedItem,
  linkedPlace,
  type LinkedItem,
  type LinkedPlace,
} from "../../../kernel/linked-folders.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { Bundle } from "../../db/bundles.ts";
import type { FolderEntry } from "../../rules/contents/folder-entry.ts";

/** How deep the folders of a link are read. */
export const maxLinkedDepth = 100;

/** Where a bundle leads that is a link; undefined if it is none. */
export function linkOf({ content_key: key, metadata }: Pick<Bundle, "content_key" | "metadata">): string | undefined {
  const link = metadata["link_url"];
  return key === null && typeof link === "string" && link !== "" ? link : undefined;
}

/** What a path is in a folder or file to which a bundle is a link; undefined if nothing. Refused if that is not read here. */
export async function inLinked(
  { environment }: Pick<Context, "environment">,
  bundle: Pick<Bundle, "uuid">,
  link: string,
  path: string,
): Promise<(LinkedItem & { place: LinkedPlace }) | undefined> {
  const start = linkedPlace(environment.LINK_FOLDERS ?? [], link);
  if (!start)
    throw new Refusal(
      "not-found",
      "LINK_NOT_READ",
      `Bundle ${bundle.uuid} is a link to ${link}, and this platform reads no links to there.`,
    );
  const place = { folder: start.folder, steps: [...start.steps, ...(path === "" ? [] : path.split("/"))] };
  const item = await linkedItem(place);
  if (!item) return undefined;
  return { ...item, place };
}

/** Everything in a linked folder to a depth, with paths below `above`. */
export async function* linkedFolder(place: LinkedPlace, depth: number, above = ""): AsyncIterable<FolderEntry> {
  for await (const { path, ...item } of linkedEntries(place, depth)) yield { ...item, path: posix.join(above, path) };
}
