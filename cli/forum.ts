import { text as read } from "node:stream/consumers";
import type { ApiClient } from "../client/api-client.ts";
import { exitCodes, idOf, reasonOption, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { competitionId } from "./names.ts";
import { listing, minute, show } from "./output.ts";
import { harmlessLine } from "./terminal.ts";

interface Author {
  display_name: string;
  is_organizer: boolean;
}
interface Thread {
  id: number;
  title: string;
  author: Author;
  post_count: number;
  is_pinned: boolean;
  is_locked: boolean;
  is_unread: boolean | null;
  last_post: number;
  last_post_when: string;
}
interface Post {
  id: number;
  thread: number;
  author: Author;
  text: string;
  created_when: string;
  edited_when: string | null;
  removed: { by: string; reason: string | null } | null;
}
interface Reported extends Post {
  thread_title: string;
  reported_by: { username: string; reason: string | null }[];
}
interface Page<Item> {
  count: number;
  next: string | null;
  results: Item[];
}

/** What an action works with: the words after COMPETITION, and the options. */
interface Given {
  client: ApiClient;
  /** The API path of the forum. */
  forum: string;
  words: string[];
  page: string;
}

interface Action {
  /** The words after COMPETITION. Those in brackets are optional. */
  words: string[];
  /** Returns the result, and what to print about it. */
  run: (given: Given) => Promise<[result: unknown, text: () => string]>;
}

const named = ({ display_name, is_organizer }: Author) => `${display_name}${is_organizer ? " (organizer)" : ""}`;

const marks = (thread: Thread) =>
  [
    thread.is_pinned ? "pinned" : null,
    thread.is_locked ? "locked" : null,
    thread.is_unread === true ? "unread" : null,
  ].filter((mark) => mark !== null);

/** The page of a list that was asked for, and a line about the next one. */
const more = ({ count, next }: Page<unknown>, page: string) =>
  next === null ? "" : `Page ${page} of ${count} in all. Give --page ${Number(page) + 1} for the next one.\n`;

const threadPath = ({ forum, words: [thread] }: Given) => `${forum}threads/${idOf("THREAD", thread!)}/`;

const listOf = async ({ client, forum, page }: Given, search: string): Promise<[unknown, () => string]> => {
  const query = new URLSearchParams({ page, ...(search === "" ? {} : { search }) });
  const found = await client.request<Page<Thread>>("GET", `${forum}threads/?${query}`);
  return [
    found,
    () =>
      listing(
        ["Thread", "Title", "By", "Posts", "Last (UTC)", ""],
        found.results.map((one) => [
          one.id,
          one.title,
          named(one.author),
          one.post_count,
          minute(one.last_post_when),
          marks(one).join(", "),
        ]),
        "No threads were found.",
      ) + more(found, page),
  ];
};

const shownPost = (post: Post) => {
  const mark = post.edited_when === null ? "" : ", edited";
  const head = harmlessLine(`#${post.id} ${named(post.author)}, ${minute(post.created_when)}${mark}`);
  const gone = post.removed && `(removed by ${post.removed.by === "author" ? "its author" : "an organizer"}`;
  const body = post.removed ? `${gone}${post.removed.reason === null ? "" : `: ${post.removed.reason}`})` : post.text;
  return `${head}\n${body.trimEnd()}\n\n`;
};

const textOf = async (word: string) => (word === "-" ? read(process.stdin) : word);

/** An action that sets something of a thread. */
const setting = (change: Record<string, boolean>, done: string): Action => ({
  words: ["THREAD"],
  async run(given) {
    const thread = await given.client.request<Thread>("PATCH", threadPath(given), change);
    return [thread, () => `${done}: ${harmlessLine(thread.title)}\n`];
  },
});

const following = (wants_mail: boolean, done: string): Action => ({
  words: ["THREAD"],
  async run(given) {
    const thread = await given.client.request<Thread>("PUT", `${threadPath(given)}follow/`, { wants_mail });
    return [thread, () => `${done}: ${harmlessLine(thread.title)}\n`];
  },
});

const actions: Record<string, Action> = {
  threads: { words: [], run: (given) => listOf(given, "") },
  search: { words: ["WORDS"], run: (given) => listOf(given, given.words[0]!) },
  read: {
    words: ["THREAD"],
    async run(given) {
      const path = threadPath(given);
      const found = await given.client.request<Page<Post>>("GET", `${path}posts/?page=${given.page}`);
      const last = found.results.at(-1);
      if (last) await given.client.request("POST", `${path}read/`, { post: last.id });
      return [found, () => found.results.map(shownPost).join("") + more(found, given.page)];
    },
  },
  post: {
    words: ["TITLE", "TEXT"],
    async run({ client, forum, words: [title, text] }) {
      const thread = await client.request<Thread>("POST", `${forum}threads/`, { title, text: await textOf(text!) });
      return [thread, () => `The thread ${thread.id} is there.\n`];
    },
  },
  reply: {
    words: ["THREAD", "TEXT"],
    async run(given) {
      const text = await textOf(given.words[1]!);
      const post = await given.client.request<Post>("POST", `${threadPath(given)}posts/`, { text });
      return [post, () => `The post ${post.id} is there.\n`];
    },
  },
  edit: {
    words: ["THREAD", "POST", "TEXT"],
    async run(given) {
      const text = await textOf(given.words[2]!);
      const path = `${threadPath(given)}posts/${idOf("POST", given.words[1]!)}/`;
      const post = await given.client.request<Post>("PATCH", path, { text });
      return [post, () => `The post ${post.id} is changed.\n`];
    },
  },
  delete: {
    words: ["THREAD", "[POST]"],
    async run(given) {
      const post = given.words[1];
      const path = threadPath(given) + (post === undefined ? "" : `posts/${idOf("POST", post)}/`);
      await given.client.request("DELETE", path);
      return [{ deleted: true }, () => `The ${post === undefined ? "thread" : "post"} is deleted.\n`];
    },
  },
  pin: setting({ is_pinned: true }, "Pinned"),
  unpin: setting({ is_pinned: false }, "No longer pinned"),
  lock: setting({ is_locked: true }, "Locked"),
  unlock: setting({ is_locked: false }, "No longer locked"),
  follow: following(true, "You get mail about new posts"),
  unfollow: following(false, "You get no mail about new posts"),
  report: {
    words: ["THREAD", "POST", "[WHY]"],
    async run(given) {
      const [, post, why] = given.words;
      const path = `${threadPath(given)}posts/${idOf("POST", post!)}/report/`;
      await given.client.request("POST", path, { reason: why ?? null });
      return [{ reported: true }, () => "The post is reported to the organizers.\n"];
    },
  },
  reports: {
    words: [],
    async run({ client, forum, page }) {
      const found = await client.request<Page<Reported>>("GET", `${forum}reports/?page=${page}`);
      const rows = found.results.map((one) => [
        one.thread,
        one.id,
        one.thread_title,
        one.reported_by
          .map(({ username, reason }) => (reason === null ? username : `${username}: ${reason}`))
          .join("; "),
      ]);
      return [
        found,
        () => listing(["Thread", "Post", "Title", "Reported by"], rows, "No posts are reported.") + more(found, page),
      ];
    },
  },
  dismiss: {
    words: ["POST"],
    async run({ client, forum, words: [post] }) {
      await client.request("DELETE", `${forum}reports/${idOf("POST", post!)}/`);
      return [{ dismissed: true }, () => "The reports are dismissed. The post stays.\n"];
    },
  },
};

const usages = Object.entries(actions).map(([name, { words }]) => [name, "COMPETITION", ...words].join(" "));

const forum: Command = {
  parameters: ["ACTION", "COMPETITION", "[WORD1]", "[WORD2]", "[WORD3]"],
  options: { page: "NUMBER", ...reasonOption },
  about: `Read and write in the forum of a competition, or look after it as an organizer.\n${usages.map((usage) => `  forum ${usage}\n`).join("")}TEXT is Markdown, or - to read it from standard input. \`read\` marks what it shows as read. \`delete\` deletes a post and, as an organizer, a whole thread; everybody can read the --reason of an organizer.`,
  question: ([action, , thread, post]) =>
    action === "delete" ? `Delete ${post === undefined ? `the thread ${thread}` : `the post ${post}`}?` : null,
  async run({ words: [name, competition, ...words], text, json }) {
    const action = Object.hasOwn(actions, name!) ? actions[name!]! : undefined;
    if (!action) throw new UsageError(`ACTION must be one of ${Object.keys(actions).join(", ")}.`);
    const needed = action.words.filter((word) => !word.startsWith("[")).length;
    if (words.length < needed || words.length > action.words.length)
      throw new UsageError(`Write: forum ${[name, "COMPETITION", ...action.words].join(" ")}`);
    const page = String(idOf("--page", text("page") ?? "1"));
    const client = await connect(text("reason"));
    const id = await competitionId(client, competition!);
    const [result, say] = await action.run({ client, forum: `/api/competitions/${id}/forum/`, words, page });
    show(json, result, say);
    return exitCodes.done;
  },
};

export const forumCommands = { forum };
