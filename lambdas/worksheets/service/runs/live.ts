/** The files of runs that have not ended, which are on their workers. */
import { maxAnswerBytes, type SeenItem } from "../../../../contract/job.ts";
import { ask } from "../../../jobs/service/questions.ts";
import type { Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { Bundle } from "../../db/bundles.ts";
import type { FolderEntry } from "../../rules/contents/folder-entry.ts";

/** Whether the files of a bundle are on its worker. */
export const isLive = ({ type, state, job_id: job }: Bundle): boolean =>
  type === "run" && job !== null && (state === "preparing" || state === "running");

/** What a path of a running bundle is, with what is in it to a depth; undefined if nothing, or if its worker does not answer. */
export async function liveItem(
  context: Context,
  bundle: Pick<Bundle, "uuid" | "job_id">,
  path: string,
  depth: number,
): Promise<SeenItem | undefined> {
  const answer = await ask(context, bundle.job_id!, { kind: "list", path, depth });
  return answer?.head.kind === "list" ? withoutInputs(answer.head.item, `/${bundle.uuid}_dependencies/`) : undefined;
}

/** What the run depends on is linked in its folder, and is no part of what it writes. */
function withoutInputs(item: SeenItem, inputs: string): SeenItem | undefined {
  if (item.target?.startsWith(inputs)) return undefined;
  if (!item.contents) return item;
  return { ...item, contents: item.contents.flatMap((one) => withoutInputs(one, inputs) ?? []) };
}

/** The bytes of a file of a running bundle from `start` to `end`, or fewer if the file has become shorter. */
export async function* liveBytes(
  context: Context,
  bundle: Pick<Bundle, "uuid" | "job_id">,
  path: string,
  { start, end }: { start: number; end: number },
): AsyncIterable<Buffer> {
  for (let at = start; at < end;) {
    const length = Math.min(maxAnswerBytes, end - at);
    const answer = await ask(context, bundle.job_id!, { kind: "read", path, from: at, length });
    if (answer === null)
      throw new Refusal("unavailable", "WORKER_SILENT", "The worker of the run does not answer. Try again soon.");
    if (answer.bytes.length === 0) return;
    yield answer.bytes;
    at += answer.bytes.length;
  }
}

/** Everything in a folder of a running bundle, with paths relative to it. */
export function* liveEntries({ contents = [] }: SeenItem, modified: Date, above = ""): Iterable<FolderEntry> {
  for (const item of contents) {
    const path = above + item.name;
    const { mode, size } = item;
    if (item.kind === "file") yield { path, type: "file", mode, size, modified };
    if (item.kind === "link") yield { path, type: "link", mode, size: 0, modified, target: item.target ?? "" };
    if (item.kind !== "folder") continue;
    yield { path, type: "directory", mode, size: 0, modified };
    yield* liveEntries(item, modified, `${path}/`);
  }
}
