import type { ApiClient } from "../client/api-client.ts";
import { distinctName } from "../lambdas/competitions/rules/distinct-name.ts";
import { exitCodes, NotFound, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, phaseId, placeOf } from "./names.ts";
import { listing, minute, printCsv, show } from "./output.ts";

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
  execution_time_limit: number;
  max_submission_size: number | null;
  used_submissions_per_day: number;
  used_submissions_per_person: number;
  allowed_submissions_per_day: number | null;
  allowed_submissions_per_person: number | null;
}

interface ShownCompetition {
  id: number;
  title: string;
  description: string;
  created_by: string;
  terms: string;
  pages: { title: string; content: string }[];
  participant_status?: string | null;
  phases: ShownPhase[];
}

async function competitionOf(client: ApiClient, word: string): Promise<ShownCompetition> {
  return client.request("GET", `/api/competitions/${await competitionId(client, word)}/`);
}

const competition: Command = {
  parameters: ["COMPETITION"],
  about:
    "Show a competition: its phases, tasks and limits, and what is left of the limits.\nCOMPETITION is an id or a title.",
  async run({ words: [word], json }) {
    const found = await competitionOf(await connect(), word!);
    show(json, found, () =>
      [
        `${found.title}\nby ${found.created_by}. Your registration: ${found.participant_status ?? "none"}.\n\n`,
        listing(
          ["Phase", "Name", "Status", "Start (UTC)", "End (UTC)", "Tasks"],
          found.phases.map((phase) => [
            phase.id,
            phase.name,
            phase.status,
            minute(phase.start),
            minute(phase.end),
            phase.tasks.map(({ id, name }) => `${name} (${id})`).join(", "),
          ]),
          "This competition has no phases.",
        ),
        "\n",
        listing(
          ["Phase", "Left today", "Left in all", "Largest file", "Time limit of a step"],
          found.phases.map((phase) => [
            phase.id,
            leftOf(phase.allowed_submissions_per_day, phase.used_submissions_per_day),
            leftOf(phase.allowed_submissions_per_person, phase.used_submissions_per_person),
            phase.max_submission_size === null ? "no limit" : `${phase.max_submission_size} MB`,
            `${phase.execution_time_limit} s`,
          ]),
          "",
        ),
      ].join(""),
    );
    return exitCodes.done;
  },
};

const leftOf = (allowed: number | null, used: number) =>
  allowed === null ? "no limit" : `${Math.max(allowed - used, 0)} of ${allowed}`;

const pages: Command = {
  parameters: ["COMPETITION", "[PAGE]"],
  about: "Print a page of a competition, or list its pages.\nPAGE is a title, or a number in the list.",
  async run({ words: [word, wanted], json }) {
    const { pages: found } = await competitionOf(await connect(), word!);
    if (wanted === undefined) {
      const rows = found.map(({ title }, i) => [i + 1, title]);
      show(json, found, () => listing(["#", "Title"], rows, "This competition has no pages."));
      return exitCodes.done;
    }
    const page = found[Number(wanted) - 1] ?? found.find(({ title }) => title.toLowerCase() === wanted.toLowerCase());
    if (!page) throw new NotFound("page", `There is no page "${wanted}". Without PAGE, the pages are listed.`);
    show(json, page, () => `${page.content.trimEnd()}\n`);
    return exitCodes.done;
  },
};

const terms: Command = {
  parameters: ["COMPETITION"],
  about: "Print the terms of a competition.",
  async run({ words: [word], json }) {
    const { terms: text } = await competitionOf(await connect(), word!);
    show(json, { terms: text }, () => `${text.trimEnd() || "This competition has no terms."}\n`);
    return exitCodes.done;
  },
};

const register: Command = {
  parameters: ["COMPETITION"],
  about: "Register for a competition.\nBy registering, you accept its terms (`benchstack terms`).",
  async run({ words: [word], json }) {
    const client = await connect();
    const answer = await client.request<{ participant_status: string }>(
      "POST",
      `/api/competitions/${await competitionId(client, word!)}/register/`,
      {},
    );
    show(json, answer, () => `Your registration is ${answer.participant_status}.\n`);
    return exitCodes.done;
  },
};

const leave: Command = {
  parameters: ["COMPETITION"],
  options: reasonOption,
  question: ([word]) => `Leave the competition ${word!}? Your submissions stay, but off the leaderboards.`,
  about:
    "Leave a competition, or take back your request to participate.\nYour submissions stay, but off the leaderboards. You can register again.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const id = await competitionId(client, word!);
    await client.request("DELETE", `/api/competitions/${id}/register/`);
    show(json, { left: id }, () => `You have left competition ${id}.\n`);
    return exitCodes.done;
  },
};

const leaderboard: Command = {
  parameters: ["PHASE"],
  options: { board: "KEY", search: "TEXT", "around-me": "flag", csv: "flag" },
  about:
    "Show the leaderboard of a phase, best first.\nPHASE is an id, COMPETITION/PHASE, or a competition with one open phase. If there are several leaderboards, --board\nselects another than the primary one by its key. --search shows the rows with a name that contains TEXT, --around-me your best row\nand those near it. * marks your own rows. With --csv, prints a table for spreadsheets.",
  async run({ words: [phase], text, flag, json }) {
    if (flag("csv") && json) throw new UsageError("Give --csv or --json, not both.");
    const client = await connect();
    const [key, search] = [text("board"), text("search")];
    const query = {
      ...(key === undefined ? {} : { leaderboard: key }),
      ...(search === undefined ? {} : { search }),
      ...(flag("around-me") ? { around: "me", page_size: "11" } : {}),
    };
    const id = await phaseId(client, phase!);
    if (flag("csv")) {
      const parameters = new URLSearchParams({ ...query, format: "csv" }).toString();
      printCsv(await client.requestText("GET", `/api/phases/${id}/get_leaderboard/?${parameters}`));
      return exitCodes.done;
    }
    const board = await client.leaderboard(id, query);
    const others = board.leaderboards
      .filter(({ key }) => key !== board.key)
      .map(({ key, title }) => `${title} (${key})`);
    const columns = board.tasks.flatMap((task) => task.columns.map((column) => ({ task, ...column })));
    const taskNames = board.tasks.map(({ name }) => name);
    const heads = columns.map(({ task, title, key }) => {
      const name = distinctName(
        title,
        key,
        task.columns.map((column) => column.title),
      );
      return board.tasks.length > 1 ? `${distinctName(task.name, task.id, taskNames)}: ${name}` : name;
    });
    const overall = board.overall_title === null ? [] : [board.overall_title];
    const rows = board.submissions.map(({ id, rank, mine, owner, scores, overall: value }) => [
      rank,
      mine ? `${owner} *` : owner,
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
        `${placeOf(board)}\n${listing(["#", "Participant", ...overall, ...heads, "Submission"], rows, "This leaderboard is empty.")}${board.ranking}\n${others.length > 0 ? `Other leaderboards: ${others.join(", ")}.\n` : ""}`,
    );
    return exitCodes.done;
  },
};

export const competitionCommands = { competitions, competition, pages, terms, register, leave, leaderboard };
