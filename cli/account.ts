import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { ApiClient } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { exitCodes, UsageError, type Command } from "./command.ts";
import { connect, forget, remember, stored } from "./login-file.ts";
import { show } from "./output.ts";

/** Asks a question on the terminal. A secret answer is not shown while it is typed. */
async function ask(question: string, { secret }: { secret: boolean }): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: secret ? silent : process.stderr, terminal: true });
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    if (secret) process.stderr.write("\n");
  }
}

/** Asks for the password on a terminal, and otherwise reads it from standard input. */
const password = async () =>
  process.stdin.isTTY ? ask("Password: ", { secret: true }) : (await text(process.stdin)).replace(/\r?\n$/, "");

const login: Command = {
  parameters: ["URL"],
  options: { username: "NAME" },
  about:
    "Log in to a platform.\nThe password is asked for on a terminal, and otherwise read from standard input.\nThe login is valid for 90 days.",
  async run({ words: [address], text: option, json }) {
    if (!URL.canParse(address!) || !/^https?:$/.test(new URL(address!).protocol))
      throw new UsageError("URL must be the address of the platform, for example https://benchmarks.example.org.");
    const url = address!.replace(/\/+$/, "");
    if (option("username") === undefined && !process.stdin.isTTY)
      throw new UsageError("Give --username, because there is no terminal to ask for it.");
    const username = option("username") ?? (await ask("Username: ", { secret: false }));
    const token = await new ApiClient(url).createToken(username, await password());
    const file = await remember({ url, token });
    show(
      json,
      { url, username },
      () => `Logged in to ${url} as ${username}.\nThe token is stored in ${file} and is valid for 90 days.\n`,
    );
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
    const login = await stored();
    await forget();
    const revoked = login === undefined || (await revoke(new ApiClient(login.url, login.token)));
    show(json, { url: null, revoked }, () =>
      revoked
        ? "Logged out.\n"
        : `Logged out on this machine. The token could not be revoked on ${login.url}: it is valid until it expires.\n`,
    );
    return exitCodes.done;
  },
};

const whoami: Command = {
  parameters: [],
  about: "Show your user name and the platform.",
  async run({ json }) {
    const client = await connect();
    const profile = await client.request<{ username: string; email: string }>("GET", "/api/my_profile/");
    show(json, { url: client.url, ...profile }, () => `${profile.username} (${profile.email}) on ${client.url}\n`);
    return exitCodes.done;
  },
};

export const accountCommands = { login, logout, whoami };
