import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { upload } from "./upload.ts";
import { report } from "./report.ts";
import { zipAt } from "./zip.ts";

const competitions: Command = {
  parameters: [],
  options: { mine: "flag", search: "TEXT" },
  about: "List public competitions, or with --mine those that you organize.",
  async run({ flag, text, json }) {
    const query = new URLSearchParams({
      type: "any",
      ...(flag("mine") ? { mine: "true" } : {}),
      ...(text("search") ? { search: text("search")! } : {}),
    });
    const found = await (
      await connect()
    ).request<{ id: number; title: string; created_by: string; published: boolean; participants_count: number }[]>(
      "GET",
      `/api/competitions/?${query}`,
    );
    show(json, found, () =>
      listing(
        ["ID", "Title", "Organizer", "Participants", "Public"],
        found.map((one) => [one.id, one.title, one.created_by, one.participants_count, one.published ? "yes" : "no"]),
        "No competitions were found.",
      ),
    );
    return exitCodes.done;
  },
};

interface ShownPhase {
  id: number;
  name: string;
  status: string | null;
  start: string;
  end: string | null;
  tasks: { id: number; name: string }[];
}

const competition: Command = {
  parameters: ["COMPETITION"],
  about: "Show the phases of a competition with their ids and tasks.",
  async run({ words: [id], json }) {
    const client = await connect();
    const found = await client.request<{ title: string; phases: ShownPhase[] }>(
      "GET",
      `/api/competitions/${idOf("COMPETITION", id!)}/`,
    );
    const rows = found.phases.map((phase) => [
      phase.id,
      phase.name,
      phase.status,
      minute(phase.start),
      minute(phase.end),
      phase.tasks.map(({ id: task, name }) => `${name} (${task})`).join(", "),
    ]);
    show(
      json,
      found,
      () =>
        `${found.title}\n\n${listing(["Phase", "Name", "Status", "Start (UTC)", "End (UTC)", "Tasks"], rows, "This competition has no phases.")}`,
    );
    return exitCodes.done;
  },
};

const register: Command = {
  parameters: ["COMPETITION"],
  about: "Register for a competition.",
  async run({ words: [id], json }) {
    const client = await connect();
    const answer = await client.request<{ participant_status: string }>(
      "POST",
      `/api/competitions/${idOf("COMPETITION", id!)}/register/`,
      {},
    );
    show(json, answer, () => `Your registration is ${answer.participant_status}.\n`);
    return exitCodes.done;
  },
};

const create: Command = {
  parameters: ["BUNDLE"],
  options: { publish: "flag" },
  about:
    "Create a competition from a bundle.\nBUNDLE is a zip or a folder. --publish makes the competition public. Large bundles are uploaded in parts: when an\nupload was interrupted, the same command resumes it.",
  async run({ words: [bundle], flag, json }) {
    const client = await connect();
    const zip = await zipAt(bundle!);
    try {
      const key = await upload(client, "competition_bundle", zip.path);
      const creation = await client.createFromBundle(key, ({ status, progress }) => {
        if (!json)
          process.stderr.write(
            `${status}${progress ? ` ${Math.floor((100 * progress.done_bytes) / Math.max(progress.total_bytes, 1))} %` : ""}\n`,
          );
      });
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
    const id = idOf("COMPETITION", word!);
    const client = await connect();
    const { dumps: before } = await filesOf(client, id);
    await client.request("POST", `/api/competitions/${id}/create_dump/`, { keys_instead_of_files: flag("keys") });
    const { name, url } = await finishedDump(client, id, new Set(before.map((one) => one.name)));
    const file = target ?? name;
    await pipeline(await client.download(url), createWriteStream(file));
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
    await wait(500);
  }
}

const leaderboard: Command = {
  parameters: ["PHASE"],
  options: { board: "KEY" },
  about:
    "Show the leaderboard of a phase, best first.\nIf there are several, the primary one. --board selects another by its key.",
  async run({ words: [phase], text, json }) {
    const board = await (await connect()).leaderboard(idOf("PHASE", phase!), text("board"));
    const others = board.leaderboards
      .filter(({ key }) => key !== board.key)
      .map(({ key, title }) => `${title} (${key})`);
    const columns = board.tasks.flatMap((task) => task.columns.map((column) => ({ task, ...column })));
    const heads = columns.map(({ task, title }) => (board.tasks.length > 1 ? `${task.name}: ${title}` : title));
    const overall = board.overall_title === null ? [] : [board.overall_title];
    const rows = board.submissions.map(({ id, owner, scores, overall: value }, rank) => [
      rank + 1,
      owner,
      ...overall.map(() => value ?? "n/a"),
      ...columns.map(
        ({ task, key }) =>
          scores.find((score) => score.task_id === task.id && score.column_key === key)?.score ?? "n/a",
      ),
      id,
    ]);
    show(
      json,
      board,
      () =>
        `${listing(["#", "Participant", ...overall, ...heads, "Submission"], rows, "This leaderboard is empty.")}${board.ranking}\n${others.length > 0 ? `Other leaderboards: ${others.join(", ")}.\n` : ""}`,
    );
    return exitCodes.done;
  },
};

export const competitionCommands = { competitions, competition, register, leaderboard, create, dump };
