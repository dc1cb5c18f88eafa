import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, timeOf, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, queuePath } from "./names.ts";
import { listing, minute, printCsv, show } from "./output.ts";

interface Event {
  id: number;
  created_when: string;
  actor: { username: string } | null;
  kind: string;
  subject: { kind: string; id: string };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string | null;
}

/** API paths of audit trails. */
const trailPaths: Record<string, (client: ApiClient, word: string) => Promise<string>> = {
  competition: async (client, word) => `/api/competitions/${await competitionId(client, word)}/audit/`,
  queue: async (client, word) => `${await queuePath(client, word)}audit/`,
  organization: (_, word) => Promise.resolve(`/api/organizations/${idOf("ID", word)}/audit/`),
  platform: () => Promise.resolve("/api/audit/"),
  all: () => Promise.resolve("/api/audit/all/"),
};

/** Trails that belong to no single thing. */
const isWhole = (of: string) => of === "platform" || of === "all";

const audit: Command = {
  parameters: ["OF", "[ID]"],
  options: {
    ...{ kind: "KIND", subject: "KIND", "subject-id": "ID", actor: "ID", user: "NAME", search: "TEXT" },
    ...{ since: "TIME", until: "TIME", before: "EVENT", csv: "flag" },
  },
  about:
    "Show who changed what, when and why.\n" +
    "OF is competition, queue or organization, followed by its ID (or the name of a competition or queue), or platform, or all. Shows the newest 100 events, or the\n" +
    '100 before the event --before. --search finds a text in old and new values and reasons. TIME is for example "2030-01-31 13:30" in UTC. With --csv, prints the newest 10,000 events as CSV.',
  async run({ words: [of, id], text, flag, json }) {
    const place = Object.hasOwn(trailPaths, of!) ? trailPaths[of!]! : undefined;
    if (!place) throw new UsageError(`OF must be one of ${Object.keys(trailPaths).join(", ")}.`);
    if ((id === undefined) !== isWhole(of!))
      throw new UsageError(isWhole(of!) ? `Give no ID with ${of}.` : `Give the ID of the ${of}.`);
    if (flag("csv") && json) throw new UsageError("Give --csv or --json, not both.");
    const query = new URLSearchParams(flag("csv") ? { format: "csv" } : { page_size: "100" });
    for (const option of ["kind", "subject", "subject-id", "actor", "before"])
      if (text(option) !== undefined) query.set(option.replace("-", "_"), text(option)!);
    if (text("user") !== undefined) query.set("username", text("user")!);
    if (text("search") !== undefined) query.set("search", text("search")!);
    for (const option of ["since", "until"]) {
      const time = timeOf(option, text(option));
      if (time !== undefined) query.set(option, time);
    }
    const client = await connect();
    const answer = await client.requestText("GET", `${await place(client, id ?? "")}?${query}`);
    if (flag("csv")) {
      printCsv(answer);
      return exitCodes.done;
    }
    const { results } = JSON.parse(answer) as { results: Event[] };
    show(json, results, () =>
      listing(
        ["Event", "When (UTC)", "Who", "What", "Of", "Change", "Why"],
        results.map((event) => [
          event.id,
          minute(event.created_when),
          event.actor?.username ?? "the platform",
          event.kind,
          `${event.subject.kind} ${event.subject.id}`,
          changeOf(event),
          event.reason,
        ]),
        "No events were found.",
      ),
    );
    return exitCodes.done;
  },
};

const maxValueLength = 30;

/** Formats a change, for example `max_running: null → 2, name: "a" → "b"`. */
function changeOf({ before, after }: Event): string {
  const shown = (value: unknown) => {
    const text = JSON.stringify(value ?? null);
    return text.length > maxValueLength ? `${text.slice(0, maxValueLength - 1)}…` : text;
  };
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .map((name) =>
      before && after
        ? `${name}: ${shown(before[name])} → ${shown(after[name])}`
        : `${name}: ${shown((before ?? after)?.[name])}`,
    )
    .join(", ");
}

export const auditCommands = { audit };
