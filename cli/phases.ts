import type { ApiClient } from "../client/api-client.ts";
import { either, exitCodes, idOf, limitOf, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { findPhase, participantIds, phaseId } from "./names.ts";
import { listing, minute, show } from "./output.ts";

interface Grant {
  id: number;
  participant: number;
  username: string;
  submissions_per_day: number;
  submissions_per_person: number;
  reason: string | null;
  granted_by: string;
  created_when: string;
}

/** The API path of a phase, from its id or name. */
const phasePath = async (client: ApiClient, phase: string) => `/api/phases/${await phaseId(client, phase)}/`;
const grantsPath = async (client: ApiClient, phase: string) => `${await phasePath(client, phase)}grants/`;

const grants: Command = {
  parameters: ["PHASE"],
  about: "List additional submissions granted in a phase.",
  async run({ words: [phase], json }) {
    const client = await connect();
    const found = await client.request<Grant[]>("GET", await grantsPath(client, phase!));
    show(json, found, () =>
      listing(
        ["ID", "Participant", "Username", "More per day", "More in total", "Granted by", "When (UTC)", "Why"],
        found.map((one) => [
          one.id,
          one.participant,
          one.username,
          one.submissions_per_day,
          one.submissions_per_person,
          one.granted_by,
          minute(one.created_when),
          one.reason,
        ]),
        "No additional submissions are granted in this phase.",
      ),
    );
    return exitCodes.done;
  },
};

const grant: Command = {
  parameters: ["PHASE", "PARTICIPANT"],
  options: { "per-day": "N", "in-all": "N", ...reasonOption },
  about:
    "Allow a participant additional submissions.\nPARTICIPANT is an id that `participants` shows or, with a phase named as COMPETITION/PHASE, a user name. --per-day raises the daily limit, --in-all the total limit.",
  async run({ words: [phase, participant], text, json }) {
    const more = (option: string) => (text(option) === undefined ? 0 : idOf(`--${option}`, text(option)!));
    const client = await connect(text("reason"));
    const { id, competition } = await findPhase(client, phase!);
    const [only, ...others] = await participantIds(client, participant!, () => {
      if (competition === null)
        throw new UsageError("A participant must be a number, or name the phase as COMPETITION/PHASE.");
      return Promise.resolve(competition);
    });
    if (others.length > 0) throw new UsageError("Give one participant.");
    const wanted = {
      participant: only!,
      submissions_per_day: more("per-day"),
      submissions_per_person: more("in-all"),
    };
    const made = await client.request<Grant>("POST", `/api/phases/${id}/grants/`, wanted);
    show(json, made, () => `Grant ${made.id}\n`);
    return exitCodes.done;
  },
};

const revokeGrant: Command = {
  parameters: ["PHASE", "GRANT"],
  options: reasonOption,
  about: "Revoke additional submissions.\nGRANT is an id that `grants` shows. Submissions that were made already stay.",
  async run({ words: [phase, id], text, json }) {
    const grant = idOf("GRANT", id!);
    const client = await connect(text("reason"));
    await client.request("DELETE", `${await grantsPath(client, phase!)}${grant}/`);
    show(json, { id: grant }, () => "Grant revoked.\n");
    return exitCodes.done;
  },
};

/** The commands `blind` and `unblind`. */
const blindingCommand = (blind: boolean, about: string): Command => ({
  parameters: ["PHASE"],
  options: reasonOption,
  about,
  async run({ words: [phase], text, json }) {
    const client = await connect(text("reason"));
    const answer = await client.request("PUT", `${await phasePath(client, phase!)}blind/`, { blind });
    show(json, answer, () => (blind ? "Only organizers see the results now.\n" : "The results are visible again.\n"));
    return exitCodes.done;
  },
});

const rerunPhase: Command = {
  parameters: ["PHASE"],
  options: reasonOption,
  about: "Run all finished submissions of a phase again.",
  async run({ words: [phase], text, json }) {
    const client = await connect(text("reason"));
    const path = await phasePath(client, phase!);
    const answer = await client.request<{ count: number }>("POST", `${path}rerun_submissions/`);
    show(json, answer, () => `${answer.count} submissions run again.\n`);
    return exitCodes.done;
  },
};

/** Options of `change-phase` whose value is a number or `none`, with the API's names. */
const phaseLimits = {
  "per-day": "max_submissions_per_day",
  "in-all": "max_submissions_per_person",
  "max-size": "max_submission_size",
} as const;

const changePhase: Command = {
  parameters: ["PHASE"],
  options: {
    ...{ name: "NAME", start: "TIME", end: "TIME", "per-day": "N", "in-all": "N", "max-size": "MB" },
    ...{ "time-limit": "SECONDS", "hide-output": "flag", "show-output": "flag", ...reasonOption },
  },
  about:
    "Change the name, dates or limits of a phase.\n" +
    'TIME is for example "2030-01-31 13:30" in UTC; --end none opens the phase without an end. --per-day and --in-all\n' +
    "limit a participant's submissions, --max-size a file, --time-limit a step. Limits are numbers, or none.",
  async run(given) {
    const {
      words: [word],
      text,
      json,
    } = given;
    const client = await connect(text("reason"));
    const path = await phasePath(client, word!);
    const timeLimit = text("time-limit");
    const hidden = either(given, "hide-output", "show-output");
    const changes: Record<string, unknown> = {
      name: text("name"),
      start: text("start"),
      end: text("end") === "none" ? null : text("end"),
      execution_time_limit: timeLimit === undefined ? undefined : idOf("--time-limit", timeLimit),
      hide_output: hidden,
      ...Object.fromEntries(
        Object.entries(phaseLimits).map(([option, field]) => [field, limitOf(option, text(option))]),
      ),
    };
    if (Object.values(changes).every((change) => change === undefined))
      throw new UsageError("Give at least one setting to change.");
    const changed = await client.request<Record<string, string | number | null>>("PATCH", path, changes);
    show(json, changed, () =>
      listing(
        ["Setting", "Value"],
        [
          ["name", changed["name"]!],
          ["start (UTC)", minute(changed["start"] as string)],
          ["end (UTC)", minute(changed["end"] as string | null)],
          ["submissions per day", changed["max_submissions_per_day"] ?? "no limit"],
          ["submissions in all", changed["max_submissions_per_person"] ?? "no limit"],
          ["largest file (MB)", changed["max_submission_size"] ?? "no limit"],
          ["time limit of a step (s)", changed["execution_time_limit"]!],
          ["output", changed["hide_output"] ? "hidden" : "visible"],
        ],
        "",
      ),
    );
    return exitCodes.done;
  },
};

interface MigrationPreview {
  count: number;
  to: { name: string };
  results: { id: number; owner: string; created_when: string }[];
}

const migrate: Command = {
  parameters: ["PHASE"],
  options: { preview: "flag", ...reasonOption },
  about:
    "Copy the submissions on the leaderboard of a phase to the next phase, and run them there.\nWith --preview, only shows which they are.",
  async run({ words: [phase], text, flag, json }) {
    const client = await connect(text("reason"));
    const path = `${await phasePath(client, phase!)}manually_migrate/`;
    if (flag("preview")) {
      const found = await client.request<MigrationPreview>("GET", `${path}?page_size=1000`);
      show(
        json,
        found,
        () =>
          `${found.count} to copy to ${found.to.name}\n` +
          listing(
            ["ID", "Owner", "Submitted (UTC)"],
            found.results.map((one) => [one.id, one.owner, minute(one.created_when)]),
            "All that are on the leaderboard have been copied before.",
          ),
      );
      return exitCodes.done;
    }
    const answer = await client.request<{ count: number }>("POST", path);
    show(json, answer, () =>
      answer.count === 0
        ? "No submissions were copied: all that are on the leaderboard have been copied before.\n"
        : `${answer.count === 1 ? "1 submission runs" : `${answer.count} submissions run`} in the next phase now.\n`,
    );
    return exitCodes.done;
  },
};

export const phaseCommands = {
  "change-phase": changePhase,
  migrate,
  grants,
  grant,
  "take-back": revokeGrant,
  blind: blindingCommand(
    true,
    "Hide the results of a phase from participants.\nOnly organizers see scores, ranks, outputs and logs until `unblind`.",
  ),
  unblind: blindingCommand(false, "Show the results of a blind phase again."),
  "rerun-phase": rerunPhase,
};
