import type { ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { readableSize } from "../worker-image/failure.ts";
import { platformAddress } from "./address.ts";
import { ask, askPassword } from "./ask.ts";
import { exitCodes, NotLoggedIn, UsageError, type Arguments, type Command } from "./command.ts";
import { clientOf, connect, forget, loginOfEnvironment, remember, stored } from "./login-file.ts";
import { show } from "./output.ts";

/** Returns the value of an option, or asks for it on a terminal. */
async function given({ text }: Arguments, option: string, question: string): Promise<string> {
  if (text(option) === undefined && !process.stdin.isTTY)
    throw new UsageError(`Give --${option}, because there is no terminal to ask for it.`);
  return text(option) ?? ask(question);
}

/** Logs in and stores the login. Returns what to tell. */
const loggedIn = async (client: ApiClient, username: string, password: string): Promise<string> =>
  storedLogin({ url: client.url, token: await tokenFor(client, username, password) }, username);

/** Exchanges a password for a token. Asks for the code of a second factor, or takes it from the second line of standard input. */
async function tokenFor(client: ApiClient, username: string, given: string): Promise<string> {
  const [password = "", code] = process.stdin.isTTY ? [given] : given.split(/\r?\n/);
  try {
    return await client.createToken(username, password, code);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "SECOND_FACTOR_NEEDED" || !process.stdin.isTTY) throw error;
    return client.createToken(username, password, await ask("Code of your second factor: "));
  }
}

/** Stores a login in place of an earlier one, which ends. Returns what to tell. */
async function storedLogin(login: { url: string; token: string }, username: string): Promise<string> {
  const before = await storedOrDamaged();
  const file = await remember(login);
  if (before !== undefined && before !== "damaged" && before.token !== login.token) await revoke(before);
  return `Logged in to ${login.url} as ${username}.\nThe token is stored in ${file} and is valid for 90 days.\n`;
}

const login: Command = {
  parameters: ["URL"],
  options: { username: "NAME", token: "flag" },
  about:
    "Log in to a platform.\nThe password is asked for on a terminal, and otherwise read from standard input.\nIf you have a second factor, its code is asked for too, or read from the second line. The login is valid for 90 days. With --token, a token is asked for instead: the page /accounts/token/ of the platform makes one, also for people who log in with an institution.",
  async run(all) {
    const client = clientOf({ url: platformAddress("URL", all.words[0]!) });
    if (all.flag("token")) {
      const token = (await askPassword("Token: ")).trim();
      const { username } = await clientOf({ url: client.url, token }).request<{ username: string }>(
        "GET",
        "/api/my_profile/",
      );
      const told = await storedLogin({ url: client.url, token }, username);
      show(all.json, { url: client.url, username }, () => told);
      return exitCodes.done;
    }
    const username = await given(all, "username", "Username: ");
    const told = await loggedIn(client, username, await askPassword());
    show(all.json, { url: client.url, username }, () => told);
    return exitCodes.done;
  },
};

const signup: Command = {
  parameters: ["URL"],
  options: { username: "NAME", email: "MAIL", invitation: "TOKEN" },
  about:
    "Create an account on a platform, and log in.\nThe password is asked for on a terminal, and otherwise read from standard input. It has at least 8 characters.\n--invitation is the token in the link of an invitation, where signing up needs one.",
  async run(all) {
    const client = clientOf({ url: platformAddress("URL", all.words[0]!) });
    const username = await given(all, "username", "Username: ");
    const email = await given(all, "email", "Mail address: ");
    const password = await askPassword();
    if (process.stdin.isTTY && (await askPassword("Password again: ")) !== password)
      throw new UsageError("The two passwords differ. No account was created.");
    const account = await client.request("POST", "/api/signup/", {
      username,
      email,
      password,
      invitation: all.text("invitation") ?? null,
    });
    const told = await loggedIn(client, username, password);
    show(all.json, { url: client.url, ...(account as object) }, () => `The account ${username} is created.\n${told}`);
    return exitCodes.done;
  },
};

/** Revokes a token. Returns whether it is invalid now; not so if the platform cannot be reached. */
const revoke = (login: { url: string; token: string }): Promise<boolean> =>
  clientOf(login)
    .request("POST", "/accounts/logout/")
    .then(
      () => true,
      (error: unknown) => error instanceof ApiError && error.status === 403,
    );

/** The stored login; undefined when nobody is logged in. */
const storedOrDamaged = () =>
  stored().catch((error: unknown) => {
    if (error instanceof NotLoggedIn) return "damaged" as const;
    throw error;
  });

const logout: Command = {
  parameters: [],
  about:
    "Log out: revoke the stored token, and delete it and the address.\nWith BENCHSTACK_TOKEN, revoke that token; the stored login stays.",
  async run({ json }) {
    const given = loginOfEnvironment();
    if (given) {
      const revoked = await revoke(given);
      show(json, { url: given.url, revoked }, () =>
        revoked
          ? `The token in BENCHSTACK_TOKEN is revoked on ${given.url}. Unset the variable.\n`
          : `The token in BENCHSTACK_TOKEN could not be revoked on ${given.url}: it is valid until it expires.\n`,
      );
      return exitCodes.done;
    }
    const login = await storedOrDamaged();
    await forget();
    const revoked = login === undefined || (login !== "damaged" && (await revoke(login)));
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
