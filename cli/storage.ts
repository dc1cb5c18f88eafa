import { exitCodes, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { readableSize } from "../worker-image/failure.ts";

export interface Storage {
  quota_bytes: number;
  used_bytes: number;
  kinds: { kind: string; files: number; bytes: number }[];
  cleanups: Record<string, { count: number; bytes: number }>;
}

interface Stored {
  id: number;
  kind?: string;
  name: string;
  bytes: number;
  created_when: string;
}

const names: Record<string, string> = {
  submission: "submitted files",
  output: "outputs of submissions",
  log: "logs of submissions",
  data: "data",
  program: "programs",
  bundle: "competition bundles",
  dump: "dumps",
  upload: "uploads that are not completed",
  import: "imports in progress",
};

/** What `clean-up` deletes, and how the API calls it. */
const cleanups: Record<string, string> = {
  tasks: "unused_tasks",
  datasets: "unused_datasets_programs",
  submissions: "unused_submissions",
  failed: "failed_submissions",
  "starting-kits": "unused_starting_kits",
  bundles: "unused_competition_bundles_and_dumps",
  old: "old_outputs",
};
const cleanupNames = Object.keys(cleanups).join(", ");

function cleanupOf(word: string): string {
  const what = cleanups[word];
  if (what === undefined) throw new UsageError(`WHAT must be one of ${cleanupNames}, not "${word}".`);
  return what;
}

const storage: Command = {
  parameters: ["[WHAT]"],
  about:
    "Show how much you store, what the largest files are, and what you could clean up.\n" +
    `With WHAT (${cleanupNames}), list what \`clean-up WHAT\` would delete.`,
  async run({ words: [word], json }) {
    const client = await connect();
    if (word !== undefined) {
      const found = await client.request<{ count: number; bytes: number; results: Stored[] }>(
        "GET",
        `/api/storage/cleanup/${cleanupOf(word)}/?page_size=1000`,
      );
      show(
        json,
        found,
        () =>
          listing(
            ["ID", "Name", "Size", "Made"],
            found.results.map(({ id, name, bytes, created_when }) => [
              ...[id, name, readableSize(bytes)],
              minute(created_when),
            ]),
            "There is nothing to clean up.",
          ) + (found.count === 0 ? "" : `${found.count} in all, with ${readableSize(found.bytes)}.\n`),
      );
      return exitCodes.done;
    }
    const found = await client.request<Storage>("GET", "/api/storage/");
    const { results } = await client.request<{ results: Stored[] }>("GET", "/api/storage/files/?page_size=10");
    show(json, { ...found, largest: results }, () => storageText(found, results));
    return exitCodes.done;
  },
};

function storageText({ used_bytes, quota_bytes, kinds, cleanups: found }: Storage, largest: Stored[]): string {
  const possible = Object.entries(cleanups).flatMap(([word, what]) => {
    const { count = 0, bytes = 0 } = found[what] ?? {};
    return count === 0 ? [] : [[word, count, readableSize(bytes)]];
  });
  const parts = [
    `You use ${readableSize(used_bytes)} of the ${readableSize(quota_bytes)} that you may store.\n`,
    listing(
      ["Kind", "Number", "Size"],
      kinds
        .filter(({ files }) => files > 0)
        .map((one) => [names[one.kind] ?? one.kind, one.files, readableSize(one.bytes)]),
      "You store nothing.",
    ),
    ...(largest.length === 0
      ? []
      : [
          listing(
            ["Largest", "ID", "Kind", "Size"],
            largest.map(({ name, id, kind, bytes }) => [name, id, kind ?? null, readableSize(bytes)]),
            "",
          ),
        ]),
    ...(possible.length === 0
      ? []
      : [
          `Not needed any more (\`benchstack storage WHAT\` lists it, \`benchstack clean-up WHAT\` deletes it):\n${listing(["WHAT", "Number", "Size"], possible, "")}`,
        ]),
  ];
  return parts.join("\n");
}

const cleanUp: Command = {
  parameters: ["WHAT"],
  options: reasonOption,
  about:
    `Delete what you no longer need: ${cleanupNames}.\n` +
    "`datasets` are data and programs that no task or phase uses. `old` are the files of submissions that ended more than 30 days ago and are not on a\n" +
    "leaderboard; the submissions and their scores stay. `storage WHAT` lists what would be deleted. What is in use is never deleted.",
  question: ([word]) => `Delete what \`benchstack storage ${word}\` lists?`,
  async run({ words: [word], text, json }) {
    const what = cleanupOf(word!);
    const client = await connect(text("reason"));
    const total = { deleted: 0, bytes: 0 };
    for (let isAll = false; !isAll;) {
      const one = await client.request<{ deleted: number; bytes: number; is_all: boolean }>(
        "POST",
        `/api/storage/cleanup/${what}/`,
      );
      total.deleted += one.deleted;
      total.bytes += one.bytes;
      isAll = one.is_all;
    }
    show(json, total, () => `${total.deleted} deleted, with ${readableSize(total.bytes)}.\n`);
    return exitCodes.done;
  },
};

export const storageCommands = { storage, "clean-up": cleanUp };
