import { exitCodes, UsageError, reasonOption, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, participantIds } from "./names.ts";
import { listing, print, printCsv, show } from "./output.ts";

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
    const client = await connect();
    const query = new URLSearchParams({ competition: String(await competitionId(client, id!)) });
    for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value);
    const answer = await client.requestText("GET", `/api/participants/?${query}`);
    if (flag("csv")) {
      printCsv(answer);
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
  options: { competition: "COMPETITION", ...reasonOption },
  about,
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const competition = text("competition");
    const ids = await participantIds(
      client,
      word!,
      competition === undefined ? undefined : await competitionId(client, competition),
    );
    const decided: Participant[] = [];
    for (const id of ids) {
      const participant = await client.request<Participant>("PATCH", `/api/participants/${id}/`, { status });
      decided.push(participant);
      if (!json) print(`${participant.username}: ${participant.status}\n`);
    }
    if (json) show(json, decided, () => "");
    return exitCodes.done;
  },
});

export const participantCommands = {
  participants,
  approve: decisionCommand(
    "approved",
    "Approve participants.\nPARTICIPANTS are their ids or, with --competition, their user names, with commas between them. Each participant is informed by mail.",
  ),
  deny: decisionCommand(
    "denied",
    "Deny participants.\nPARTICIPANTS are their ids or, with --competition, their user names, with commas between them. Each participant is informed by mail.",
  ),
};
