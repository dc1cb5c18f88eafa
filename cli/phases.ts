import { exitCodes, idOf, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
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

const grantsPath = (phase: string) => `/api/phases/${idOf("PHASE", phase)}/grants/`;

const grants: Command = {
  parameters: ["PHASE"],
  about: "List additional submissions granted in a phase.",
  async run({ words: [phase], json }) {
    const found = await (await connect()).request<Grant[]>("GET", grantsPath(phase!));
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
    "Allow a participant additional submissions.\nPARTICIPANT is an id that `participants` shows. --per-day raises the daily limit, --in-all the total limit.",
  async run({ words: [phase, participant], text, json }) {
    const more = (option: string) => (text(option) === undefined ? 0 : idOf(`--${option}`, text(option)!));
    const wanted = {
      participant: idOf("PARTICIPANT", participant!),
      submissions_per_day: more("per-day"),
      submissions_per_person: more("in-all"),
    };
    const made = await (await connect(text("reason"))).request<Grant>("POST", grantsPath(phase!), wanted);
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
    await (await connect(text("reason"))).request("DELETE", `${grantsPath(phase!)}${grant}/`);
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
    const answer = await (
      await connect(text("reason"))
    ).request("PUT", `/api/phases/${idOf("PHASE", phase!)}/blind/`, { blind });
    show(json, answer, () => (blind ? "Only organizers see the results now.\n" : "The results are visible again.\n"));
    return exitCodes.done;
  },
});

const rerunPhase: Command = {
  parameters: ["PHASE"],
  options: reasonOption,
  about: "Run all finished submissions of a phase again.",
  async run({ words: [phase], text, json }) {
    const answer = await (
      await connect(text("reason"))
    ).request<{ count: number }>("POST", `/api/phases/${idOf("PHASE", phase!)}/rerun_submissions/`);
    show(json, answer, () => `${answer.count} submissions run again.\n`);
    return exitCodes.done;
  },
};

export const phaseCommands = {
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
