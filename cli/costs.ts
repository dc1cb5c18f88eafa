import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, queuePath } from "./names.ts";
import { listing, show } from "./output.ts";

interface Budget {
  monthly_usd: string | null;
  spent_usd: string;
  hosts_usd: string;
  running_usd: string;
  state: string;
  begins_anew: string;
  set_by: string | null;
}

const budget: Command = {
  parameters: [],
  options: { competition: "COMPETITION", queue: "QUEUE", set: "USD", remove: "flag", ...reasonOption },
  about:
    "Show or set the monthly budget of a competition, of a queue, or of the whole platform.\n" +
    "When it is spent, no more jobs start until it is raised or the month is over. Costs are those of the platform at list\n" +
    "prices. Only administrators can set the budget of the platform, and change budgets that an administrator has set.",
  async run({ text, flag, json }) {
    const client = await connect(text("reason"));
    const path = await budgetPath(client, text("competition"), text("queue"));
    const amount = text("set");
    if (amount !== undefined && flag("remove")) throw new UsageError("Give --set or --remove, not both.");
    if (amount !== undefined && !/^\d+(\.\d+)?$/.test(amount)) throw new UsageError("--set must be an amount in USD.");
    const changes = amount !== undefined || flag("remove");
    const found = changes
      ? await client.request<Budget>("PUT", path, { monthly_usd: amount === undefined ? null : Number(amount) })
      : await client.request<Budget>("GET", path);
    show(json, found, () =>
      listing(
        ["Month", "USD"],
        [
          ["budget", found.monthly_usd ?? "none"],
          ["spent", found.spent_usd],
          ["of that, hosts without a step", found.hosts_usd],
          ["running jobs", found.running_usd],
          ["state", found.state],
          ["begins anew", found.begins_anew.slice(0, 10)],
          ["set by", found.set_by],
        ],
        "",
      ),
    );
    return exitCodes.done;
  },
};

async function budgetPath(client: ApiClient, competition?: string, queue?: string): Promise<string> {
  if (competition !== undefined && queue !== undefined)
    throw new UsageError("Give --competition or --queue, not both.");
  if (competition !== undefined) return `/api/competitions/${await competitionId(client, competition)}/budget/`;
  return queue === undefined ? "/api/budget/" : `${await queuePath(client, queue)}budget/`;
}

interface Invoice {
  lines: {
    task: { id: number; name: string } | null;
    attempt: number;
    step: string;
    on: string;
    seconds: number;
    usd_per_hour: string | null;
    price_region: string | null;
    price_date: string | null;
    usd: string | null;
    paid_by: string;
  }[];
  total_usd: string | null;
}

const invoice: Command = {
  parameters: ["SUBMISSION"],
  about: "Show what a submission cost: each step of each attempt, its seconds, its price and who pays.",
  async run({ words: [id], json }) {
    const submission = idOf("SUBMISSION", id!);
    const found = await (await connect()).request<Invoice>("GET", `/api/submissions/${submission}/invoice/`);
    const hasTasks = new Set(found.lines.map(({ task }) => task?.id)).size > 1;
    show(
      json,
      found,
      () =>
        listing(
          [
            ...(hasTasks ? ["Task"] : []),
            "Attempt",
            "Step",
            "On",
            "Seconds",
            "USD/hour",
            "Prices of",
            "USD",
            "Paid by",
          ],
          found.lines.map((line) => [
            ...(hasTasks ? [line.task?.name ?? "deleted"] : []),
            ...[line.attempt, line.step, line.on, Math.round(line.seconds), line.usd_per_hour],
            line.price_region && `${line.price_region}, ${line.price_date}`,
            ...[line.usd, line.paid_by],
          ]),
          "No attempt has ended yet.",
        ) +
        `The platform pays ${found.total_usd === null ? "an amount that is not known" : `USD ${found.total_usd}`}.\n`,
    );
    return exitCodes.done;
  },
};

export interface WorstCase {
  participants: number;
  paid_by: string;
  price_date: string;
  phases: {
    name: string;
    per_submission_usd: string | null;
    submissions_per_participant: number | null;
    per_participant_usd: string | null;
    total_usd: string | null;
  }[];
}

/** The most that the phases of a competition can cost. */
export const worstCaseOf = (client: ApiClient, competition: number): Promise<WorstCase> =>
  client.request<WorstCase>("GET", `/api/competitions/${competition}/worst_case/`);

/** The same in sentences, one for each phase. */
export function worstCaseLines({ participants, paid_by, phases }: WorstCase): string[] {
  if (paid_by !== "platform")
    return ["The machines of the queue's owner run this competition. It costs the platform nothing."];
  const people = participants === 1 ? "one participant" : `${participants} participants`;
  return phases.map(({ name, per_submission_usd: each, total_usd: total }) => {
    if (each === null) return `Phase ${name}: the price of its queue's capacity is not known.`;
    return total === null
      ? `Phase ${name}: at most USD ${each} for each submission. Participants may submit without a limit, so its cost has none but a budget.`
      : `Phase ${name}: at most USD ${Number(total).toFixed(2)} for ${people}, USD ${each} for each submission.`;
  });
}

const worstCase: Command = {
  parameters: ["COMPETITION"],
  about:
    "Show what each phase of a competition can cost the platform at most.\n" +
    "That is, if everybody who participates now makes all submissions, and every step runs until its time limit. Reruns,\n" +
    "tries after failures of the platform, and the time in which hosts start or wait come on top.",
  async run({ words: [word], json }) {
    const client = await connect();
    const found = await worstCaseOf(client, await competitionId(client, word!));
    show(json, found, () =>
      worstCaseLines(found)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return exitCodes.done;
  },
};

export const costCommands = { budget, invoice, "worst-case": worstCase };
