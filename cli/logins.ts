import { exitCodes, UsageError, wordsIn, type Command } from "./command.ts";
import { ask, askPassword } from "./ask.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";

interface Login {
  id: string;
  name?: string | null;
  scopes?: string[] | null;
  user_agent: string | null;
  created_when: string;
  last_used: string | null;
  expires_at: string;
  is_current: boolean;
}

const logins: Command = {
  parameters: [],
  about: "List your API tokens and the sessions of your browsers, with their last use.",
  async run({ json }) {
    const client = await connect();
    const tokens = await client.request<Login[]>("GET", "/api/tokens/");
    const sessions = await client.request<Login[]>("GET", "/api/sessions/");
    show(json, { tokens, sessions }, () =>
      listing(
        ["ID", "Kind", "Name", "Scopes", "Made", "Last used", "Ends", "By"],
        [...tokens.map((one) => ["token", one] as const), ...sessions.map((one) => ["session", one] as const)].map(
          ([kind, one]) => [
            one.id,
            one.is_current ? `${kind} (this)` : kind,
            one.name ?? null,
            one.scopes?.join(" ") ?? "all",
            minute(one.created_when),
            minute(one.last_used),
            minute(one.expires_at),
            one.user_agent,
          ],
        ),
        "You have no tokens and no sessions.",
      ),
    );
    return exitCodes.done;
  },
};

const createApiToken: Command = {
  parameters: ["NAME"],
  options: { scopes: "SCOPES", days: "DAYS" },
  about:
    "Make an API token for a program, and print it. It is shown only once.\n--scopes limits it to some of read, submit, organize and worker, with commas between them. --days is how long it is\nvalid: 90 unless given, at most 366.",
  async run({ words: [name], text, json }) {
    const days = text("days") ?? "90";
    if (!/^[1-9]\d{0,2}$/.test(days)) throw new UsageError("--days must be a number from 1 to 366.");
    const scopes = text("scopes");
    const made = await (
      await connect()
    ).request<{ id: string; token: string }>("POST", "/api/tokens/", {
      name,
      days: Number(days),
      ...(scopes === undefined ? {} : { scopes: wordsIn(scopes) }),
    });
    show(json, made, () => `${made.token}\n`);
    return exitCodes.done;
  },
};

const endLogin: Command = {
  parameters: ["ID"],
  about: "Revoke one of your API tokens, or end a session of a browser. `logins` lists their ids.",
  async run({ words: [id], json }) {
    const client = await connect();
    const tokens = await client.request<Login[]>("GET", "/api/tokens/");
    const kind = tokens.some((token) => token.id === id) ? "tokens" : "sessions";
    await client.request("DELETE", `/api/${kind}/${encodeURIComponent(id!)}/`);
    show(json, { id }, () => (kind === "tokens" ? "The token is revoked.\n" : "The session has ended.\n"));
    return exitCodes.done;
  },
};

const changePassword: Command = {
  parameters: [],
  options: { "revoke-tokens": "flag" },
  about:
    "Change your password. All sessions of browsers end, and with --revoke-tokens all API tokens but the one in use.\nThe old and the new password are asked for on a terminal, and otherwise read from two lines of standard input.",
  async run({ flag, json }) {
    const client = await connect();
    const { isTTY } = process.stdin;
    const [old_password, new_password] = isTTY
      ? [await ask("Old password: ", { secret: true }), await ask("New password: ", { secret: true })]
      : (await askPassword()).split(/\r?\n/);
    if (old_password === undefined || new_password === undefined)
      throw new UsageError("Standard input must have two lines: the old and the new password.");
    if (isTTY && (await ask("New password again: ", { secret: true })) !== new_password)
      throw new UsageError("The two new passwords differ. Nothing was changed.");
    const revoke_tokens = flag("revoke-tokens");
    await client.request("PUT", "/api/account/password/", { old_password, new_password, revoke_tokens });
    show(json, { changed: true }, () => "The password is changed.\n");
    return exitCodes.done;
  },
};

export const loginCommands = {
  logins,
  "create-api-token": createApiToken,
  "end-login": endLogin,
  "change-password": changePassword,
};
