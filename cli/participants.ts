import { text as read } from "node:stream/consumers";
import { exitCodes, UsageError, reasonOption, wordsIn, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, participantIds } from "./names.ts";
import { listing, printCsv, show, skippedLines, type Skipped } from "./output.ts";

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
const decisionCommand = (status: "approved" | "denied", sentence: string, about: string): Command => ({
  parameters: ["PARTICIPANTS"],
  options: { competition: "COMPETITION", ...reasonOption },
  about,
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const competition = text("competition");
    const ids = await participantIds(client, word!, () => {
      if (competition === undefined)
        throw new UsageError("To name participants, give --competition. An id is a number.");
      return competitionId(client, competition);
    });
    const made = await client.request<{ decided: number[]; skipped: Skipped[] }>(
      "POST",
      "/api/participants/decide_many/",
      { participants: ids, status },
    );
    show(json, made, () => `${sentence} ${made.decided.join(", ")}.\n${skippedLines(made.skipped)}`);
    return exitCodes.done;
  },
});

const mailParticipants: Command = {
  parameters: ["COMPETITION", "MESSAGE"],
  options: { status: "STATUSES" },
  about:
    "Send mail to the participants of a competition that you organize.\nWithout --status, those who are approved get it. STATUSES are statuses that `participants` shows, with commas between them.\nMESSAGE is the text, or - to read it from standard input.",
  async run({ words: [word, message], text, json }) {
    const client = await connect();
    const id = await competitionId(client, word!);
    const answer = await client.request<{ detail: string }>("POST", `/api/competitions/${id}/email_all_participants/`, {
      message: message === "-" ? await read(process.stdin) : message!,
      status: wordsIn(text("status") ?? ""),
    });
    show(json, answer, () => `${answer.detail}\n`);
    return exitCodes.done;
  },
};

export const participantCommands = {
  participants,
  approve: decisionCommand(
    "approved",
    "Approved",
    "Approve participants.\nPARTICIPANTS are their ids or, with --competition, their user names, with commas between them. Each participant is informed\nby mail. Those who cannot be approved are skipped.",
  ),
  deny: decisionCommand(
    "denied",
    "Denied",
    "Deny participants.\nPARTICIPANTS are their ids or, with --competition, their user names, with commas between them. Each participant is informed\nby mail. Those who cannot be denied are skipped.",
  ),
  "mail-participants": mailParticipants,
};
