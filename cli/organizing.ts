import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient, CompetitionCreation } from "../client/api-client.ts";
import { worstCaseLines, worstCaseOf } from "./costs.ts";
import { exitCodes, reasonOption, UsageError, type Command } from "./command.ts";
import { Interrupted, interrupted } from "./interruption.ts";
import { connect } from "./login-file.ts";
import { competitionId, queueId } from "./names.ts";
import { complain, listing, show } from "./output.ts";
import { Progress } from "./progress.ts";
import { report } from "./report.ts";
import { safeName, save } from "./save.ts";
import { upload } from "./upload.ts";
import { requireZip, zipAt } from "./zip.ts";

const create: Command = {
  parameters: ["BUNDLE"],
  options: { publish: "flag" },
  about:
    "Create a competition from a bundle.\nBUNDLE is a zip or a folder. --publish makes the competition public. Large bundles are uploaded in parts: when an\nupload was interrupted, the same command resumes it.",
  async run({ words: [bundle], flag, json }) {
    const client = await connect();
    const zip = await zipAt(bundle!);
    try {
      await requireZip(zip, bundle!);
      const creation = await unpacked(client, await upload(client, "competition_bundle", zip.path));
      const id = creation.resulting_competition;
      if (id !== null && flag("publish")) await client.request("POST", `/api/competitions/${id}/toggle_publish/`);
      show(
        json,
        creation,
        () =>
          report(id !== null, creation.problems) +
          (id === null ? "" : `Competition ${id}: ${client.url}/competitions/${id}/\n`),
      );
      return id === null ? exitCodes.failed : exitCodes.done;
    } finally {
      await zip.release();
    }
  },
};

/** Creates a competition from an uploaded bundle, with a progress bar. */
async function unpacked(client: ApiClient, key: string): Promise<CompetitionCreation> {
  const bar = new Progress("Unpacking");
  try {
    return await client.createFromBundle(key, ({ progress }) => {
      if (progress) bar.update(progress.done_bytes, progress.total_bytes);
    });
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw new Interrupted(
      "The platform goes on creating the competition. `benchstack competitions --mine` shows it when it is done.",
    );
  } finally {
    bar.end();
  }
}

interface Files {
  dumps: { name: string; url: string }[];
  unfinished_dumps: { status: string; details: string | null }[];
}

const dump: Command = {
  parameters: ["COMPETITION", "[FILE]"],
  options: { keys: "flag" },
  about:
    "Download a competition as a bundle.\nFILE is the zip to write. With --keys, the bundle contains the keys of datasets in place of their files.",
  async run({ words: [word, target], flag, json }) {
    const client = await connect();
    const id = await competitionId(client, word!);
    const { dumps: before } = await filesOf(client, id);
    await client.request("POST", `/api/competitions/${id}/create_dump/`, { keys_instead_of_files: flag("keys") });
    const { name, url } = await finishedDump(client, id, new Set(before.map((one) => one.name)));
    const file = target ?? safeName(name);
    await save(client, url, file);
    show(json, { file }, () => `${file}\n`);
    return exitCodes.done;
  },
};

const filesOf = (client: ApiClient, id: number) => client.request<Files>("GET", `/api/competitions/${id}/get_files/`);

async function finishedDump(client: ApiClient, id: number, known: Set<string>): Promise<Files["dumps"][number]> {
  for (;;) {
    const { dumps, unfinished_dumps: unfinished } = await filesOf(client, id);
    const made = dumps.find(({ name }) => !known.has(name));
    if (made) return made;
    const failed = unfinished.find(({ status }) => status === "Failed");
    if (failed && unfinished.every(({ status }) => status === "Failed"))
      throw new Error(`The dump failed: ${failed.details}`);
    await wait(500, undefined, { signal: interrupted });
  }
}

/** The commands `publish` and `unpublish`. */
const publishingCommand = (published: boolean, about: string): Command => ({
  parameters: ["COMPETITION"],
  options: reasonOption,
  about,
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const id = await competitionId(client, word!);
    const before = await client.request<{ published: boolean }>("GET", `/api/competitions/${id}/`);
    if (published) for (const line of worstCaseLines(await worstCaseOf(client, id))) complain(line);
    if (before.published !== published) await client.request("POST", `/api/competitions/${id}/toggle_publish/`);
    show(json, { id, published }, () => `Competition ${id} is ${published ? "public" : "private"} now.\n`);
    return exitCodes.done;
  },
});

const changeCompetition: Command = {
  parameters: ["COMPETITION"],
  options: { title: "TITLE", image: "IMAGE", queue: "QUEUE", ...reasonOption },
  about:
    "Change the title, Docker image or queue of a competition.\nQUEUE is the id or name of a queue, or default for the platform's own.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const id = await competitionId(client, word!);
    const queue = text("queue");
    const changes = {
      title: text("title"),
      docker_image: text("image"),
      queue: queue === undefined ? undefined : queue === "default" ? null : await queueId(client, queue),
    };
    if (Object.values(changes).every((change) => change === undefined))
      throw new UsageError("Give at least one setting to change.");
    const changed = await client.request<{ title: string }>("PATCH", `/api/competitions/${id}/`, changes);
    show(json, changed, () => `Competition ${id} (${changed.title}) is changed.\n`);
    return exitCodes.done;
  },
};

const deleteCompetition: Command = {
  parameters: ["COMPETITION"],
  options: reasonOption,
  question: ([word]) => `Delete the competition ${word!} with all its submissions and results?`,
  about: "Delete a competition with its submissions and results.\nOnly its creator can. Tasks and data are kept.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const id = await competitionId(client, word!);
    await client.request("DELETE", `/api/competitions/${id}/`);
    show(json, { deleted: id }, () => `Competition ${id} is deleted.\n`);
    return exitCodes.done;
  },
};

const today: Command = {
  parameters: ["COMPETITION"],
  about: "Show what waits for the organizers of a competition, and what goes on there.",
  async run({ words: [word], json }) {
    const client = await connect();
    const path = `/api/competitions/${await competitionId(client, word!)}/today/`;
    const found = await client.request<Record<string, number>>("GET", path);
    show(json, found, () =>
      listing(
        ["What", "How many"],
        [
          ["participants who wait to be approved", found["pending_participants"]!],
          ["submissions to start", found["to_start"]!],
          ["submissions that wait for a worker", found["waiting"]!],
          ["submissions that run", found["running"]!],
          ["submissions of the last 24 hours", found["submitted_last_day"]!],
          ["failed ones of these", found["failed_last_day"]!],
          ["runs in quarantine", found["quarantined"]!],
        ],
        "",
      ),
    );
    return exitCodes.done;
  },
};

export const organizingCommands = {
  today,
  create,
  dump,
  publish: publishingCommand(
    true,
    "Make a competition public.\nFirst says, on standard error, what each phase can cost the platform at most.",
  ),
  unpublish: publishingCommand(false, "Make a competition private."),
  "change-competition": changeCompetition,
  "delete-competition": deleteCompetition,
};
