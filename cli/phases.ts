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
  takes: ["PHASE"],
  about: "Submissions that were granted to participants of a phase beyond its limits.",
  async run({ words: [phase], json }) {
    const found = await (await connect()).request<Grant[]>("GET", grantsPath(phase!));
    show(json, found, () =>
      listing(
        ["ID", "Participant", "Username", "More a day", "More in all", "Granted by", "When (UTC)", "Why"],
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
        "Nothing is granted in this phase.",
      ),
    );
    return exitCodes.done;
  },
};

const grant: Command = {
  takes: ["PHASE", "PARTICIPANT"],
  options: { "per-day": "N", "in-all": "N", ...reasonOption },
  about:
    "Grant a participant (an id, as `participants` has it) more submissions in a phase than its limits allow:\non every day, or in all.",
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

const takeBack: Command = {
  takes: ["PHASE", "GRANT"],
  options: reasonOption,
  about: "Take back what was granted. What was submitted with it stays.",
  async run({ words: [phase, id], text, json }) {
    const grant = idOf("GRANT", id!);
    await (await connect(text("reason"))).request("DELETE", `${grantsPath(phase!)}${grant}/`);
    show(json, { id: grant }, () => "Taken back.\n");
    return exitCodes.done;
  },
};

/** A command that keeps the results of a phase back, or shows them. */
const blinding = (blind: boolean, about: string): Command => ({
  takes: ["PHASE"],
  options: reasonOption,
  about,
  async run({ words: [phase], text, json }) {
    const answer = await (
      await connect(text("reason"))
    ).request("PUT", `/api/phases/${idOf("PHASE", phase!)}/blind/`, { blind });
    show(json, answer, () => (blind ? "Its results are the organizers' alone.\n" : "Its results are shown.\n"));
    return exitCodes.done;
  },
});

const rerunPhase: Command = {
  takes: ["PHASE"],
  options: reasonOption,
  about: "Run all submissions of a phase again that are over.",
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
  "take-back": takeBack,
  blind: blinding(true, "Keep scores, places, outputs and logs of a phase to its organizers, until it is unblinded."),
  unblind: blinding(false, "Show the results of a blind phase to whoever may see them otherwise."),
  "rerun-phase": rerunPhase,
};
