import { join } from "node:path";
import type { ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { exitCodes, idOf, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId } from "./names.ts";
import { taskName } from "./outcome.ts";
import { show } from "./output.ts";
import { placeIn, safeName, save, savedTogether } from "./save.ts";

const download: Command = {
  parameters: ["SUBMISSION", "[FOLDER]"],
  about:
    "Download a submission: its file, outputs, logs and detailed results.\nThey are saved in FOLDER, which is submission-ID by default; with several tasks, in a folder for each task.",
  async run({ words: [word, target], json }) {
    const client = await connect();
    const { id, children } = await client.submission(idOf("SUBMISSION", word!));
    const folder = target ?? `submission-${id}`;
    const files = await savedTogether(folder, async (saved) => {
      await saveParts(client, id, folder, saved);
      for (const child of children) {
        const name = safeName(`${child} ${taskName(await client.submission(child))}`);
        await saveParts(client, child, join(folder, name), saved, { withFile: false });
      }
    });
    show(json, { files }, () => (files.length > 0 ? `${files.join("\n")}\n` : "This submission has no files.\n"));
    return exitCodes.done;
  },
};

async function saveParts(
  client: ApiClient,
  id: number,
  folder: string,
  saved: string[],
  { withFile = true } = {},
): Promise<void> {
  const details = await client.submissionDetails(id);
  const parts: [name: string, url: string | null][] = [
    ["submission.zip", withFile ? details.data_file : null],
    ["prediction_output.zip", details.prediction_result],
    ["scoring_output.zip", details.scoring_result],
    ["detailed_results.html", details.detailed_result],
    ...details.logs.map(({ name, data_file }): [string, string] => [`${name}.txt`, data_file]),
  ];
  for (const [name, url] of parts) {
    if (url === null) continue;
    const file = await placeIn(folder, name);
    await save(client, url, file);
    saved.push(file);
  }
}

interface Dataset {
  key: string;
  name: string;
  type: string;
  file_name: string;
}

interface Phase {
  name: string;
  public_data: Dataset | null;
  starting_kit: Dataset | null;
  tasks: { public_datasets: Dataset[] }[];
}

const downloadData: Command = {
  parameters: ["COMPETITION", "[FOLDER]"],
  about:
    "Download what a competition offers: starting kits, public data, and data of its tasks.\nThey are saved in FOLDER, which is competition-ID by default. Files that are not for you are named and left out.",
  async run({ words: [word, target], json }) {
    const client = await connect();
    const id = await competitionId(client, word!);
    const folder = target ?? `competition-${id}`;
    const { phases, participant_status: participation } = await client.request<{
      phases: Phase[];
      participant_status?: string | null;
    }>("GET", `/api/competitions/${id}/`);
    const offered = phases.flatMap(({ public_data, starting_kit, tasks }) => [
      ...[starting_kit, public_data].filter((file) => file !== null),
      ...tasks.flatMap(({ public_datasets: files }) => files),
    ]);
    const leftOut: string[] = [];
    const files = await savedTogether(folder, async (saved) => {
      for (const { key, type, file_name } of new Map(offered.map((file) => [file.key, file])).values()) {
        const url = await urlOf(client, key);
        if (url === null) leftOut.push(file_name);
        else {
          const file = await placeIn(folder, `${type}-${key.slice(0, 8)}-${file_name}`);
          await save(client, url, file);
          saved.push(file);
        }
      }
    });
    show(json, { files, left_out: leftOut }, () =>
      [
        ...files,
        ...(leftOut.length > 0 ? [notOffered([...new Set(leftOut)].join(", "), participation ?? null)] : []),
        ...(offered.length === 0 ? ["This competition offers no files."] : []),
        "",
      ].join("\n"),
    );
    return exitCodes.done;
  },
};

/** Says that files are not for a person, and what helps. */
function notOffered(files: string, participation: string | null): string {
  if (participation === null || participation === "left")
    return `For participants only: ${files}. Register first with \`benchstack register\`.`;
  if (participation === "pending") return `For participants only: ${files}. The organizers have not approved you yet.`;
  return `Not offered to you: ${files}.`;
}

/** The download URL of a dataset; null if it is not for this person. */
async function urlOf(client: ApiClient, key: string): Promise<string | null> {
  try {
    return await client.fileUrl(key);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
}

export const downloadCommands = { download, "download-data": downloadData };
