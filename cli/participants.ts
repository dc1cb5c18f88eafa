import { exitCodes, idOf, idsOf, UsageError, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, show } from "./output.ts";

interface Participant {
  id: number;
  username: string;
  email: string;
  status: string;
  is_bot: boolean;
  organization: { name: string } | null;
}

const participants: Command = {
  parameters: ["COMPETITION"],
  options: { status: "STATUS", search: "TEXT", csv: "flag" },
  about:
    "List the participants of a competition that you organize.\nSTATUS is unknown, pending, approved, denied or left. With --csv, prints a table for spreadsheets.",
  async run({ words: [id], text, flag, json }) {
    if (flag("csv") && json) throw new UsageError("Give --csv or --json, not both.");
    const given = { status: text("status"), search: text("search"), ...(flag("csv") ? { format: "csv" } : {}) };
    const query = new URLSearchParams({ competition: String(idOf("COMPETITION", id!)) });
    for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value);
    const answer = await (await connect()).requestText("GET", `/api/participants/?${query}`);
    if (flag("csv")) {
      process.stdout.write(answer);
      return exitCodes.done;
    }
    const found = JSON.parse(answer) as Participant[];
    show(json, found, () =>
      listing(
        ["ID", "Username", "Mail", "Status", "Bot", "Team"],
        found.map((one) => [
          one.id,
          one.username,
          one.email,
          one.status,
          one.is_bot ? "yes" : "no",
          one.organization?.name ?? null,
        ]),
        "No participants were found.",
      ),
    );
    return exitCodes.done;
  },
};

/** The commands `approve` and `deny`. */
const decisionCommand = (status: "approved" | "denied", about: string): Command => ({
  parameters: ["PARTICIPANTS"],
  options: reasonOption,
  about,
  async run({ words: [word], text, json }) {
    const ids = idsOf("PARTICIPANTS", word!);
    if (ids.length === 0) throw new UsageError("Give at least one participant.");
    const client = await connect(text("reason"));
    const decided: Participant[] = [];
    for (const id of ids) {
      const participant = await client.request<Participant>("PATCH", `/api/participants/${id}/`, { status });
      decided.push(participant);
      if (!json) process.stdout.write(`${participant.username}: ${participant.status}\n`);
    }
    if (json) show(json, decided, () => "");
    return exitCodes.done;
  },
});

export const participantCommands = {
  participants,
  approve: decisionCommand(
    "approved",
    "Approve participants.\nPARTICIPANTS are their ids, with commas between them. Each participant is informed by mail.",
  ),
  deny: decisionCommand(
    "denied",
    "Deny participants.\nPARTICIPANTS are their ids, with commas between them. Each participant is informed by mail.",
  ),
};
