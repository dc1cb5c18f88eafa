import { readFile } from "node:fs/promises";
import { exitCodes, idOf, reasonOption, timeOf, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show, unshown, type Page } from "./output.ts";

interface Announcement {
  id: number;
  text: string;
  level: string;
  starts_at: string;
  ends_at: string | null;
}

const announce: Command = {
  parameters: ["TEXT"],
  options: { level: "LEVEL", from: "TIME", until: "TIME", ...reasonOption },
  about:
    "Announce something above every page, in Markdown.\n" +
    'LEVEL is info, warning or critical. TIME is for example "2030-01-31 13:30" in UTC; without --from it is shown at once, and without --until for as long as it exists.',
  async run({ words: [words], text, json }) {
    const client = await connect(text("reason"));
    const made = await client.request<Announcement>("POST", "/api/announcements/", {
      text: words,
      level: text("level"),
      starts_at: timeOf("from", text("from")),
      ends_at: timeOf("until", text("until")),
    });
    show(json, made, () => `Announcement ${made.id}\n`);
    return exitCodes.done;
  },
};

const announcements: Command = {
  parameters: [],
  about: "List announcements, also past and future ones.",
  async run({ json }) {
    const { results } = await (
      await connect()
    ).request<{ results: Announcement[] }>("GET", "/api/announcements/?all=true&page_size=100");
    show(json, results, () =>
      listing(
        ["ID", "Level", "From (UTC)", "Until (UTC)", "Text"],
        results.map((one) => [one.id, one.level, minute(one.starts_at), minute(one.ends_at), one.text]),
        "There are no announcements.",
      ),
    );
    return exitCodes.done;
  },
};

/** A command that deletes something by its id. */
const deletion = (path: string, about: string): Command => ({
  parameters: ["ID"],
  options: reasonOption,
  question: ([id]) => `Delete ${id} for good?`,
  about,
  async run({ words: [word], text, json }) {
    const id = idOf("ID", word!);
    await (await connect(text("reason"))).request("DELETE", `${path}${id}/`);
    show(json, { id }, () => "Deleted.\n");
    return exitCodes.done;
  },
});

interface News {
  id: number;
  title: string;
  published_at: string;
}

const news: Command = {
  parameters: [],
  about: "List news, also those that are published later.",
  async run({ json }) {
    const { results } = await (
      await connect()
    ).request<{ results: News[] }>("GET", "/api/news/?all=true&page_size=100");
    show(json, results, () =>
      listing(
        ["ID", "From (UTC)", "Title"],
        results.map((one) => [one.id, minute(one.published_at), one.title]),
        "There are no news.",
      ),
    );
    return exitCodes.done;
  },
};

const publishNews: Command = {
  parameters: ["TITLE", "FILE"],
  options: { at: "TIME", ...reasonOption },
  about:
    'Publish news from a file with Markdown.\nTIME is for example "2030-01-31 13:30" in UTC; without --at, everybody may read it at once.',
  async run({ words: [title, file], text, json }) {
    const client = await connect(text("reason"));
    const made = await client.request<News>("POST", "/api/news/", {
      title,
      text: await readFile(file!, "utf8"),
      published_at: timeOf("at", text("at")),
    });
    show(json, made, () => `News ${made.id}\n`);
    return exitCodes.done;
  },
};

interface Maintenance {
  maintenance: { message: string | null; planned_end: string | null; began_when: string } | null;
}

const maintenance: Command = {
  parameters: ["[on|off]"],
  options: { message: "TEXT", until: "TIME", ...reasonOption },
  about:
    "Show maintenance mode, or turn it on or off.\n" +
    "While it is on, only administrators change anything; everybody still reads, and workers go on. --message is what people are told. --until is when it is planned to end, in UTC; it ends with `off`.",
  async run({ words: [wanted], text, json }) {
    if (wanted !== undefined && wanted !== "on" && wanted !== "off")
      throw new UsageError("Give on or off, or nothing.");
    const client = await connect(text("reason"));
    const path = "/api/maintenance/";
    if (wanted === "off") await client.request("DELETE", path);
    const found =
      wanted === "on"
        ? await client.request<Maintenance>("PUT", path, {
            message: text("message") ?? null,
            planned_end: timeOf("until", text("until")) ?? null,
          })
        : await client.request<Maintenance>("GET", path);
    show(json, found, () => {
      if (found.maintenance === null) return "Maintenance mode is off.\n";
      const { message, planned_end, began_when } = found.maintenance;
      return [
        `Maintenance mode has been on since ${minute(began_when)} UTC.`,
        planned_end === null ? "No end is planned." : `It is planned to end at ${minute(planned_end)} UTC.`,
        ...(message === null ? [] : [`Message: ${message}`]),
        "",
      ].join("\n");
    });
    return exitCodes.done;
  },
};

const mails: Command = {
  parameters: [],
  options: { status: "STATUS", to: "MAIL" },
  about:
    "List the mail that the platform wrote, the latest first, without its text.\nSTATUS is waiting, sending, sent, failed, or kept: not sent because the platform sends none.",
  async run({ text, json }) {
    interface Row {
      id: number;
      recipients: string[];
      blind_copies: string[];
      subject: string;
      status: string;
      problem: string | null;
      created_when: string;
    }
    const query = new URLSearchParams({ page_size: "100" });
    if (text("status")) query.set("status", text("status")!);
    if (text("to")) query.set("recipient", text("to")!);
    const found = await (await connect()).request<Page<Row>>("GET", `/api/mails/?${query}`);
    show(
      json,
      found.results,
      () =>
        listing(
          ["ID", "Written (UTC)", "Status", "To", "Subject", "Problem"],
          found.results.map((one) => [
            one.id,
            minute(one.created_when),
            one.status,
            one.recipients.length > 0 ? one.recipients.join(", ") : `${one.blind_copies.length} in blind copy`,
            one.subject,
            one.problem,
          ]),
          "No mail was found.",
        ) + unshown(found),
    );
    return exitCodes.done;
  },
};

const retryMail: Command = {
  parameters: ["ID"],
  options: reasonOption,
  about: "Send mail again that failed or was kept.\nMail that was sent is sent again only if it had no secret link.",
  async run({ words: [word], text, json }) {
    const id = idOf("ID", word!);
    const answer = await (await connect(text("reason"))).request("POST", `/api/mails/${id}/retry/`);
    show(json, answer, () => "The mail is on its way.\n");
    return exitCodes.done;
  },
};

export const adminNoticeCommands = {
  "admin mails": mails,
  "admin retry-mail": retryMail,
  "admin announce": announce,
  "admin announcements": announcements,
  "admin delete-announcement": deletion("/api/announcements/", "Delete an announcement."),
  "admin news": news,
  "admin publish-news": publishNews,
  "admin delete-news": deletion("/api/news/", "Delete news."),
  "admin maintenance": maintenance,
};
