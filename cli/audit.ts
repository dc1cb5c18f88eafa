import { exitCodes, idOf, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { queuePath } from "./queues.ts";

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

/** Where the trail of something is, by what it is. */
const places: Record<string, (id: string | undefined) => string> = {
  competition: (id) => `/api/competitions/${idOf("ID", id ?? "")}/`,
  queue: (id) => queuePath(id ?? ""),
  organization: (id) => `/api/organizations/${idOf("ID", id ?? "")}/`,
  platform: () => "/api/",
};

export const auditCommand: Command = {
  takes: ["OF", "[ID]"],
  options: { kind: "KIND", subject: "KIND", "subject-id": "ID", actor: "ID", before: "EVENT", csv: "flag" },
  about:
    "Who changed what, when and why: OF is competition, queue or organization with its ID, or platform. The newest hundred, or\n" +
    "those before an event; with --csv a table of the newest 10,000.",
  async run({ words: [of, id], text, flag, json }) {
    const place = Object.hasOwn(places, of!) ? places[of!]! : undefined;
    if (!place) throw new UsageError(`OF is one of ${Object.keys(places).join(", ")}.`);
    if ((id === undefined) !== (of === "platform"))
      throw new UsageError(of === "platform" ? "The platform has no ID." : `Name the ${of} by its ID.`);
    if (flag("csv") && json) throw new UsageError("Give --csv or --json, not both.");
    const query = new URLSearchParams(flag("csv") ? { format: "csv" } : { page_size: "100" });
    for (const option of ["kind", "subject", "subject-id", "actor", "before"])
      if (text(option) !== undefined) query.set(option.replace("-", "_"), text(option)!);
    const answer = await (await connect()).requestText("GET", `${place(id)}audit/?${query}`);
    if (flag("csv")) {
      process.stdout.write(answer);
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
        "There is no such event.",
      ),
    );
    return exitCodes.done;
  },
};

const maxValueLength = 30;

/** `max_running: null → 2, name: "a" → "b"` */
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
