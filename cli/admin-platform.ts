import { csv } from "../lambdas/http/csv.ts";
import { either, exitCodes, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId, queueId } from "./names.ts";
import { listing, minute, printCsv, printJson, show, unshown, type Page } from "./output.ts";

const pageSize = "100";

const competitions: Command = {
  parameters: [],
  options: { search: "TEXT", listing: "LISTING", published: "flag", private: "flag", featured: "flag", sort: "FIELD" },
  about:
    "List all competitions, also private ones, the newest first.\n" +
    "TEXT is a part of the title, or who created it. LISTING is listed, unlisted or withheld. FIELD is id, title, created_when, participants_count, submissions_count or last_submission_when, with a minus before it for the greatest first.",
  async run(given) {
    const { text, flag, json } = given;
    const query = new URLSearchParams({ page_size: pageSize });
    for (const [option, name] of [
      ["search", "search"],
      ["listing", "listing"],
      ["sort", "ordering"],
    ] as const)
      if (text(option) !== undefined) query.set(name, text(option)!);
    const published = either(given, "published", "private");
    if (published !== undefined) query.set("published", String(published));
    if (flag("featured")) query.set("featured", "true");
    interface Row {
      id: number;
      title: string;
      created_by: { username: string };
      published: boolean;
      is_featured: boolean;
      listing: string;
      participants_count: number;
      submissions_count: number;
      last_submission_when: string | null;
    }
    const found = await (await connect()).request<Page<Row>>("GET", `/api/competitions/all/?${query}`);
    show(
      json,
      found.results,
      () =>
        listing(
          ["ID", "Title", "Creator", "Public", "Featured", "Listing", "Participants", "Submissions", "Last (UTC)"],
          found.results.map((one) => [
            one.id,
            one.title,
            one.created_by.username,
            one.published ? "yes" : "no",
            one.is_featured ? "yes" : "no",
            one.listing,
            one.participants_count,
            one.submissions_count,
            minute(one.last_submission_when),
          ]),
          "No competitions were found.",
        ) + unshown(found),
    );
    return exitCodes.done;
  },
};

const moderate: Command = {
  parameters: ["COMPETITION"],
  options: { feature: "flag", unfeature: "flag", listing: "LISTING", why: "TEXT", ...reasonOption },
  about:
    "Feature a competition, or take it out of public lists.\n" +
    "LISTING is listed, unlisted (in no public list) or withheld (also unpublished, until it is listed again). --why is what its organizers are told.",
  async run(given) {
    const {
      words: [word],
      text,
      json,
    } = given;
    const featured = either(given, "feature", "unfeature");
    if (featured === undefined && text("listing") === undefined)
      throw new UsageError("Give --feature, --unfeature or --listing.");
    const client = await connect(text("reason"));
    const path = `/api/competitions/${await competitionId(client, word!)}/moderation/`;
    const wanted = { is_featured: featured, listing: text("listing"), listing_reason: text("why") };
    const decided = await client.request<{ is_featured: boolean; listing: string }>("PUT", path, wanted);
    show(
      json,
      decided,
      () => `The competition is ${decided.listing} and ${decided.is_featured ? "" : "not "}featured.\n`,
    );
    return exitCodes.done;
  },
};

const queues: Command = {
  parameters: [],
  options: { search: "TEXT" },
  about: "Show what waits and runs on all queues, and their workers.\nOwners of queues see their own.",
  async run({ text, json }) {
    interface Row {
      id: string;
      name: string;
      owner: string | null;
      accepts_jobs: boolean;
      waiting: number;
      running: number;
      oldest_waiting_seconds: number | null;
      quarantined: number;
      history: { succeeded: number; failed: number }[];
      workers: { unwell: string | null }[];
    }
    const query = new URLSearchParams({ page_size: pageSize, ...(text("search") ? { search: text("search")! } : {}) });
    const found = await (await connect()).request<Page<Row>>("GET", `/api/queues/status/?${query}`);
    const sum = (row: Row, of: "succeeded" | "failed") => row.history.reduce((total, hour) => total + hour[of], 0);
    show(
      json,
      found.results,
      () =>
        listing(
          [
            ...["ID", "Name", "Owner", "Open", "Waiting", "Oldest (s)", "Running", "Quarantined"],
            ...["Done in 24 h", "Failed in 24 h", "Workers", "Unwell"],
          ],
          found.results.map((one) => [
            one.id,
            one.name,
            one.owner ?? "the platform",
            one.accepts_jobs ? "yes" : "no",
            one.waiting,
            one.oldest_waiting_seconds === null ? null : Math.round(one.oldest_waiting_seconds),
            one.running,
            one.quarantined,
            sum(one, "succeeded"),
            sum(one, "failed"),
            one.workers.length,
            one.workers.filter(({ unwell }) => unwell !== null).length,
          ]),
          "There are no queues.",
        ) + unshown(found),
    );
    return exitCodes.done;
  },
};

const submissions: Command = {
  parameters: [],
  options: { status: "STATUS", queue: "QUEUE", host: "HOST" },
  about: "Show submissions and where they run, the newest first.\nSTATUS is for example Submitted or Running,Scoring.",
  async run({ text, json }) {
    interface Row {
      id: number;
      competition_title: string;
      phase_name: string;
      owner: string | null;
      status: string;
      queue: string | null;
      host: string | null;
      created_when: string;
    }
    const client = await connect();
    const query = new URLSearchParams({ page_size: pageSize });
    if (text("status")) query.set("status", text("status")!);
    if (text("host")) query.set("host", text("host")!);
    if (text("queue")) query.set("queue", await queueId(client, text("queue")!));
    const found = await client.request<Page<Row>>("GET", `/api/server_status/?${query}`);
    show(
      json,
      found.results,
      () =>
        listing(
          ["ID", "Competition", "Phase", "Owner", "Status", "Queue", "Host", "Since (UTC)"],
          found.results.map((one) => [
            one.id,
            one.competition_title,
            one.phase_name,
            one.owner,
            one.status,
            one.queue,
            one.host,
            minute(one.created_when),
          ]),
          "No submissions were found.",
        ) + unshown(found),
    );
    return exitCodes.done;
  },
};

const analytics: Command = {
  parameters: ["FROM", "UNTIL"],
  options: { unit: "UNIT", csv: "flag" },
  about:
    "Count new people, competitions and submissions.\nFROM is the first day, such as 2030-01-01, and UNTIL the day after the last one. UNIT is day, week, month or year; month if it is left out.",
  async run({ words: [from, until], text, flag, json }) {
    if (flag("csv") && json) throw new UsageError("Give --csv or --json, not both.");
    const query = new URLSearchParams({
      start_date: from!,
      end_date: until!,
      time_unit: text("unit") ?? "month",
      ...(flag("csv") ? { format: "csv" } : {}),
    });
    const answer = await (await connect()).requestText("GET", `/api/analytics/?${query}`);
    if (flag("csv")) {
      printCsv(answer);
      return exitCodes.done;
    }
    type Series = { _datefield: string; count: number }[];
    const counted = JSON.parse(answer) as Record<"users_data" | "competitions_data" | "submissions_data", Series>;
    show(json, counted, () =>
      listing(
        ["From", "People", "Competitions", "Submissions"],
        counted.users_data.map(({ _datefield, count }, index) => [
          _datefield,
          count,
          counted.competitions_data[index]!.count,
          counted.submissions_data[index]!.count,
        ]),
        "",
      ),
    );
    return exitCodes.done;
  },
};

type ExportedRow = { id: number } & Record<string, string | number | boolean | null>;
const cell = (value: string | number | boolean | null) => (typeof value === "boolean" ? String(value) : value);

const exportRows: Command = {
  parameters: ["TABLE"],
  about:
    "Print all users, competitions or submissions, as CSV or with --json.\nTABLE is users, competitions or submissions. Nothing secret is printed.",
  async run({ words: [name], json }) {
    const client = await connect();
    const rows: ExportedRow[] = [];
    for (let after = 0; ;) {
      const path = `/api/exports/${encodeURIComponent(name!)}/?after=${after}`;
      const found = await client.request<ExportedRow[]>("GET", path);
      if (found.length === 0) break;
      if (json) rows.push(...found);
      else
        printCsv(
          csv([...(after === 0 ? [Object.keys(found[0]!)] : []), ...found.map((row) => Object.values(row).map(cell))]),
        );
      after = found.at(-1)!.id;
    }
    if (json) printJson(rows);
    return exitCodes.done;
  },
};

export const adminPlatformCommands = {
  "admin competitions": competitions,
  "admin moderate": moderate,
  "admin queues": queues,
  "admin submissions": submissions,
  "admin analytics": analytics,
  "admin export": exportRows,
};
