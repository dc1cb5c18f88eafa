import { ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { readableSize } from "../worker-image/failure.ts";
import { platformAddress } from "./address.ts";
import { ask, askPassword } from "./ask.ts";
import { exitCodes, NotLoggedIn, UsageError, type Arguments, type Command } from "./command.ts";
import { interrupted } from "./interruption.ts";
import { connect, forget, remember, stored } from "./login-file.ts";
import { show } from "./output.ts";

/** Returns the value of an option, or asks for it on a terminal. */
async function given({ text }: Arguments, option: string, question: string): Promise<string> {
  if (text(option) === undefined && !process.stdin.isTTY)
    throw new UsageError(`Give --${option}, because there is no terminal to ask for it.`);
  return text(option) ?? ask(question);
}

/** Logs in and stores the login. Returns what to tell. */
async function loggedIn(client: ApiClient, username: string, password: string): Promise<string> {
  const file = await remember({ url: client.url, token: await client.createToken(username, password) });
  return `Logged in to ${client.url} as ${username}.\nThe token is stored in ${file} and is valid for 90 days.\n`;
}

const anonymous = (url: string) => new ApiClient(url, undefined, undefined, interrupted);

const login: Command = {
  parameters: ["URL"],
  options: { username: "NAME" },
  about:
    "Log in to a platform.\nThe password is asked for on a terminal, and otherwise read from standard input.\nThe login is valid for 90 days.",
  async run(all) {
    const client = anonymous(platformAddress("URL", all.words[0]!));
    const username = await given(all, "username", "Username: ");
    const told = await loggedIn(client, username, await askPassword());
    show(all.json, { url: client.url, username }, () => told);
    return exitCodes.done;
  },
};

const signup: Command = {
  parameters: ["URL"],
  options: { username: "NAME", email: "MAIL" },
  about:
    "Create an account on a platform, and log in.\nThe password is asked for on a terminal, and otherwise read from standard input. It has at least 8 characters.",
  async run(all) {
    const client = anonymous(platformAddress("URL", all.words[0]!));
    const username = await given(all, "username", "Username: ");
    const email = await given(all, "email", "Mail address: ");
    const password = await askPassword();
    if (process.stdin.isTTY && (await askPassword("Password again: ")) !== password)
      throw new UsageError("The two passwords differ. No account was created.");
    const account = await client.request("POST", "/api/signup/", { username, email, password });
    const told = await loggedIn(client, username, password);
    show(all.json, { url: client.url, ...(account as object) }, () => `The account ${username} is created.\n${told}`);
    return exitCodes.done;
  },
};

/** Revokes the client's token. Returns whether it is invalid now; not so if the platform cannot be reached. */
const revoke = (client: ApiClient): Promise<boolean> =>
  client.request("POST", "/accounts/logout/").then(
    () => true,
    (error: unknown) => error instanceof ApiError && error.status === 403,
  );

const logout: Command = {
  parameters: [],
  about: "Log out: revoke the stored token, and delete it and the address.",
  async run({ json }) {
    const login = await stored().catch((error: unknown) => {
      if (error instanceof NotLoggedIn) return "damaged" as const;
      throw error;
    });
    await forget();
    const revoked =
      login === undefined || (login !== "damaged" && (await revoke(new ApiClient(login.url, login.token))));
    show(json, { url: null, revoked }, () => {
      if (revoked) return "Logged out.\n";
      const why =
        login === "damaged"
          ? "The file of the login was damaged, so its token could not be revoked"
          : `The token could not be revoked on ${login.url}`;
      return `Logged out on this machine. ${why}: it is valid until it expires.\n`;
    });
    return exitCodes.done;
  },
};

const whoami: Command = {
  parameters: [],
  about: "Show your user name, the platform, and how much you store there.",
  async run({ json }) {
    const client = await connect();
    const profile = await client.request<{ username: string; email: string }>("GET", "/api/my_profile/");
    const stored = await storageOf(client);
    show(
      json,
      { url: client.url, ...profile, ...stored },
      () =>
        `${profile.username} (${profile.email}) on ${client.url}\n` +
        `${stored.stored_files} files with ${readableSize(stored.stored_bytes)} are stored. There is no limit.\n`,
    );
    return exitCodes.done;
  },
};

/** Counts the files that a person stores on the platform. */
async function storageOf(client: ApiClient): Promise<{ stored_files: number; stored_bytes: number }> {
  const total = { stored_files: 0, stored_bytes: 0 };
  for (let page = 1; ; page += 1) {
    const { results, next } = await client.request<{ results: { file_size: number | null }[]; next: string | null }>(
      "GET",
      `/api/datasets/?page_size=1000&page=${page}`,
    );
    total.stored_files += results.length;
    total.stored_bytes += results.reduce((sum, { file_size }) => sum + (file_size ?? 0), 0);
    if (next === null) return total;
  }
}

export const accountCommands = { signup, login, logout, whoami };
