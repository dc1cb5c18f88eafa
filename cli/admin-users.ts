import type { ApiClient } from "../client/api-client.ts";
import { either, exitCodes, limitOf, NotFound, reasonOption, timeOf, UsageError, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";

interface User {
  id: number;
  username: string;
  email: string;
  display_name: string | null;
  email_is_confirmed: boolean;
  is_superuser: boolean;
  is_bot: boolean;
  is_banned: boolean;
  ban_reason: string | null;
  banned_until: string | null;
  has_second_factor: boolean;
  identity_providers: string[];
  joined_when: string;
  last_seen: string | null;
  submissions: number;
  storage_bytes: number;
  storage_quota_bytes: number | null;
  queue_limit: number | null;
}

interface UserInDetail extends User {
  sessions: unknown[];
  tokens: unknown[];
  competitions: { id: number; title: string; is_creator: boolean }[];
  recent_submissions: { id: number; status: string; created_when: string; competition: { title: string } }[];
  queues: { name: string }[];
  organizations: { name: string; group: string }[];
  spent_usd: string;
  recent_events: { created_when: string; kind: string; actor: { username: string } | null; reason: string | null }[];
}

const users = "/api/admin/users/";

/** The path of an account, from its id, username or mail address. */
async function userPath(client: ApiClient, word: string): Promise<string> {
  if (/^\d{1,10}$/.test(word)) return `${users}${word}/`;
  const query = new URLSearchParams({ search: word, page_size: "1000" });
  const { results } = await client.request<{ results: User[] }>("GET", `${users}?${query}`);
  const same = (text: string) => text.toLowerCase() === word.trim().toLowerCase();
  const found = results.find(({ username, email }) => same(username) || same(email));
  if (!found) throw new NotFound("user", `There is no account with the username or mail address "${word}".`);
  return `${users}${found.id}/`;
}

const stateOf = ({ is_superuser, is_bot, is_banned, email_is_confirmed }: User) =>
  [
    ...(is_superuser ? ["administrator"] : []),
    ...(is_bot ? ["bot"] : []),
    ...(is_banned ? ["banned"] : []),
    ...(email_is_confirmed ? [] : ["unconfirmed"]),
  ].join(", ");

const list: Command = {
  parameters: ["[SEARCH]"],
  options: { is: "WORDS", provider: "ID", order: "FIELD", page: "N" },
  about:
    "List accounts whose username, display name or mail address contains SEARCH.\n" +
    "WORDS are of administrator, bot, banned, unconfirmed, second-factor and over-quota, with commas between them. FIELD is username, joined_when, last_seen,\n" +
    "submissions or storage_bytes, with - before it for the greatest first.",
  async run({ words: [search], text, json }) {
    const filters: Record<string, [string, string]> = {
      administrator: ["is_superuser", "true"],
      bot: ["is_bot", "true"],
      banned: ["is_banned", "true"],
      unconfirmed: ["email_is_confirmed", "false"],
      "second-factor": ["has_second_factor", "true"],
      "over-quota": ["over_quota", "true"],
    };
    const query = new URLSearchParams({ page: text("page") ?? "1", page_size: "100" });
    if (search !== undefined) query.set("search", search);
    for (const word of text("is")?.split(",") ?? []) {
      if (!Object.hasOwn(filters, word))
        throw new UsageError(`--is takes ${Object.keys(filters).join(", ")}, not "${word}".`);
      query.set(...filters[word]!);
    }
    if (text("provider") !== undefined) query.set("identity_provider", text("provider")!);
    if (text("order") !== undefined) query.set("ordering", text("order")!);
    const found = await (await connect()).request<{ count: number; results: User[] }>("GET", `${users}?${query}`);
    show(
      json,
      found,
      () =>
        listing(
          ["ID", "Username", "Mail", "State", "Joined", "Last seen", "Submissions", "Bytes"],
          found.results.map((one) => [
            ...[one.id, one.username, one.email, stateOf(one), minute(one.joined_when), minute(one.last_seen)],
            ...[one.submissions, one.storage_bytes],
          ]),
          "There are no such accounts.",
        ) + (found.count > found.results.length ? `${found.count} accounts in all. --page shows others.\n` : ""),
    );
    return exitCodes.done;
  },
};

const lines = (user: UserInDetail): string => {
  const ban = user.is_banned ? `until ${minute(user.banned_until) ?? "you end it"}: ${user.ban_reason}` : null;
  return [
    listing(
      ["Field", "Value"],
      [
        ["id", user.id],
        ["username", user.username],
        ["display name", user.display_name],
        ["mail", user.email],
        ["state", stateOf(user)],
        ["banned", ban],
        ["second factor", user.has_second_factor ? "yes" : "no"],
        ["identity providers", user.identity_providers.join(", ") || null],
        ["joined", minute(user.joined_when)],
        ["last seen", minute(user.last_seen)],
        ["logins", `${user.sessions.length} sessions, ${user.tokens.length} tokens`],
        ["stored bytes", `${user.storage_bytes} of ${user.storage_quota_bytes ?? "what everybody may store"}`],
        ["queues", `${user.queues.map(({ name }) => name).join(", ")} (limit: ${user.queue_limit ?? "as everybody"})`],
        ["organizations", user.organizations.map(({ name, group }) => `${name} (${group})`).join(", ") || null],
        ["competitions", user.competitions.map(({ id, title }) => `${title} (${id})`).join(", ") || null],
        ["spent this month", `${user.spent_usd} USD`],
      ],
      "",
    ),
    listing(
      ["Submission", "When", "Status", "Competition"],
      user.recent_submissions
        .slice(0, 10)
        .map((one) => [one.id, minute(one.created_when), one.status, one.competition.title]),
      "There are no submissions.",
    ),
    listing(
      ["When", "Event", "By", "Reason"],
      user.recent_events
        .slice(0, 10)
        .map((one) => [minute(one.created_when), one.kind, one.actor?.username ?? "the platform", one.reason]),
      "There are no events.",
    ),
  ].join("\n");
};

const showUser: Command = {
  parameters: ["USER"],
  about: "Show an account with everything that belongs to it. USER is an id, a username or a mail address.",
  async run({ words: [word], json }) {
    const client = await connect();
    const user = await client.request<UserInDetail>("GET", await userPath(client, word!));
    show(json, user, () => lines(user));
    return exitCodes.done;
  },
};

const change: Command = {
  parameters: ["USER"],
  options: {
    ...({ administrator: "flag", "no-administrator": "flag", bot: "flag", "no-bot": "flag" } as const),
    ...({ mail: "MAIL", verified: "flag", "quota-bytes": "N", "queue-limit": "N" } as const),
    ...reasonOption,
  },
  about:
    "Change the role, the limits or the mail address of an account.\n" +
    "--verified says that the address is theirs. --quota-bytes and --queue-limit take a number, or none for what everybody has.",
  async run(given) {
    const { words, text, flag, json } = given;
    const changes = {
      is_superuser: either(given, "administrator", "no-administrator"),
      is_bot: either(given, "bot", "no-bot"),
      email: text("mail"),
      email_is_confirmed: flag("verified") ? true : undefined,
      storage_quota_bytes: limit("quota-bytes", text("quota-bytes")),
      queue_limit: limit("queue-limit", text("queue-limit")),
    };
    if (Object.values(changes).every((value) => value === undefined)) throw new UsageError("Give something to change.");
    const client = await connect(text("reason"));
    const user = await client.request<User>("PATCH", await userPath(client, words[0]!), changes);
    show(json, user, () => `Changed ${user.username}.\n`);
    return exitCodes.done;
  },
};

/** A limit may also be 0, with which somebody may have nothing. */
const limit = (option: string, text: string | undefined) => (text === "0" ? 0 : limitOf(option, text));

const ban: Command = {
  parameters: ["USER", "REASON"],
  options: { until: "TIME", "cancel-submissions": "flag" },
  about:
    'Ban somebody, who is told REASON and TIME, for example "2030-01-31 13:30" in UTC.\n' +
    "Without --until, the ban lasts until you end it. With --cancel-submissions, their submissions that have not ended are\n" +
    "cancelled. Their logins and worker tokens open nothing until the ban ends.",
  question: ([user]) => `Ban ${user}?`,
  async run({ words: [word, reason], text, flag, json }) {
    const client = await connect();
    const user = await client.request<User & { cancelled: number }>("POST", `${await userPath(client, word!)}ban/`, {
      reason,
      until: timeOf("until", text("until")) ?? null,
      cancel_submissions: flag("cancel-submissions"),
    });
    show(json, user, () => `${user.username} is banned. Cancelled submissions: ${user.cancelled}.\n`);
    return exitCodes.done;
  },
};

const unban: Command = {
  parameters: ["USER"],
  options: reasonOption,
  about: "End somebody's ban.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const user = await client.request<User>("POST", `${await userPath(client, word!)}unban/`, {});
    show(json, user, () => `${user.username} is not banned any more.\n`);
    return exitCodes.done;
  },
};

const reset: Command = {
  parameters: ["USER"],
  options: reasonOption,
  about: "Mail somebody a link that sets a new password. Prints the link if no mail is sent to them.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const path = `${await userPath(client, word!)}password_reset/`;
    const made = await client.request<{ link: string | null }>("POST", path, {});
    show(json, made, () =>
      made.link === null ? "The link is mailed to them.\n" : `Give them this link: ${made.link}\n`,
    );
    return exitCodes.done;
  },
};

const logOut: Command = {
  parameters: ["USER"],
  options: reasonOption,
  about: "End all sessions of somebody and revoke all their API tokens.",
  question: ([user]) => `End all logins of ${user}?`,
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const made = await client.request<{ ended: number }>("POST", `${await userPath(client, word!)}revoke_logins/`, {});
    show(json, made, () => `Ended logins: ${made.ended}.\n`);
    return exitCodes.done;
  },
};

const removeSecondFactor: Command = {
  parameters: ["USER"],
  options: reasonOption,
  about: "Turn off the second factor of somebody who has lost it. They are told by mail.",
  question: ([user]) => `Turn off the second factor of ${user}?`,
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const path = (await userPath(client, word!)).replace("/admin/", "/");
    await client.request("DELETE", `${path}second-factor/`);
    show(json, { is_on: false }, () => "The second factor is off.\n");
    return exitCodes.done;
  },
};

export const adminUserCommands = {
  "admin users list": list,
  "admin users show": showUser,
  "admin users change": change,
  "admin users ban": ban,
  "admin users unban": unban,
  "admin users reset": reset,
  "admin users log-out": logOut,
  "admin users remove-second-factor": removeSecondFactor,
};
