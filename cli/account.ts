import type { ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import type { Storage } from "./storage.ts";
import { readableSize } from "../worker-image/failure.ts";
import { platformAddress } from "./address.ts";
import { ask, askPassword } from "./ask.ts";
import { exitCodes, NotLoggedIn, UsageError, type Arguments, type Command } from "./command.ts";
import { clientOf, connect, forget, loginOfEnvironment, remember, stored } from "./login-file.ts";
import { complain, show } from "./output.ts";

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
  if (before !== undefined && before !== "damaged" && before.token !== login.token)
    // A new login must not fail because the platform of the earlier one is gone.
    await revoke(before).catch(() => undefined);
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

/** Revokes a token, which may be invalid already. Throws if the platform cannot be reached. */
async function revoke(login: { url: string; token: string }): Promise<void> {
  try {
    await clientOf(login).request("POST", "/accounts/logout/");
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
  }
}

/** The stored login; undefined when nobody is logged in. */
const storedOrDamaged = () =>
  stored().catch((error: unknown) => {
    if (error instanceof NotLoggedIn) return "damaged" as const;
    throw error;
  });

const logout: Command = {
  parameters: [],
  options: { forget: "flag" },
  about:
    "Log out: revoke the stored token, and delete it and the address.\nWith BENCHSTACK_TOKEN, revoke that token; the stored login stays. If the platform cannot be reached, the login stays too: --forget deletes it without revoking the token.",
  async run({ flag, json }) {
    const given = loginOfEnvironment();
    if (given) {
      await revoke(given);
      show(
        json,
        { url: given.url, revoked: true },
        () => `The token in BENCHSTACK_TOKEN is revoked on ${given.url}. Unset the variable.\n`,
      );
      return exitCodes.done;
    }
    const login = await storedOrDamaged();
    const address = process.env["BENCHSTACK_URL"];
    const only = address ? platformAddress("BENCHSTACK_URL", address) : undefined;
    if (login === undefined || (login !== "damaged" && only !== undefined && only !== login.url)) {
      const sentence =
        login === undefined
          ? "Nobody is logged in on this machine.\n"
          : `Nobody is logged in to ${only} on this machine. The stored login is for ${login.url} and stays: unset BENCHSTACK_URL to log out there.\n`;
      show(json, { url: only ?? null, revoked: false }, () => sentence);
      return exitCodes.done;
    }
    const revoked = login !== "damaged" && !flag("forget");
    if (revoked) await revokeOrExplain(login);
    await forget();
    show(json, { url: null, revoked }, () => {
      if (revoked) return "Logged out.\n";
      const why = login === "damaged" ? "The file of the login was damaged, so its" : "Its";
      return `Logged out on this machine. ${why} token was not revoked: it is valid until it expires.\n`;
    });
    return exitCodes.done;
  },
};

/** Revokes the token of the stored login. If the platform cannot be reached, says how to do without. */
async function revokeOrExplain(login: { url: string; token: string }): Promise<void> {
  try {
    await revoke(login);
  } catch (error) {
    complain(
      `You are still logged in to ${login.url}. Try again later, or delete the login without revoking its token: \`benchstack logout --forget\`.`,
    );
    throw error;
  }
}

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
        `${stored.stored_files} files with ${readableSize(stored.stored_bytes)} are stored, of ${readableSize(stored.quota_bytes)} that you may store.\n`,
    );
    return exitCodes.done;
  },
};

/** What a person stores on the platform, and may store. */
async function storageOf(client: ApiClient) {
  const { kinds, used_bytes, quota_bytes } = await client.request<Storage>("GET", "/api/storage/");
  const files = kinds.reduce((sum, one) => sum + one.files, 0);
  return { stored_files: files, stored_bytes: used_bytes, quota_bytes };
}

export const accountCommands = { signup, login, logout, whoami };
