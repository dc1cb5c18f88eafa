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
  takes: ["COMPETITION"],
  options: { status: "STATUS", search: "TEXT", csv: "flag" },
  about:
    "Participants of a competition you organize: unknown, pending, approved or denied; with --csv as a table for a spreadsheet.",
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
        "There is no such participant.",
      ),
    );
    return exitCodes.done;
  },
};

/** A command that decides about participants. */
const decide = (status: "approved" | "denied", about: string): Command => ({
  takes: ["PARTICIPANTS"],
  options: reasonOption,
  about,
  async run({ words: [word], text, json }) {
    const ids = idsOf("PARTICIPANTS", word!);
    if (ids.length === 0) throw new UsageError("Name participants.");
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
  approve: decide("approved", "Approve participants (ids with commas), who get mail about it."),
  deny: decide("denied", "Deny participants (ids with commas), who get mail about it."),
};
