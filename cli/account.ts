import { ApiClient } from "../client/api-client.ts";
import { ask, askPassword } from "./ask.ts";
import { exitCodes, UsageError, type Command } from "./command.ts";
import { interrupted } from "./interruption.ts";
import { connect, forget, remember } from "./login-file.ts";
import { show } from "./output.ts";

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
    const username = option("username") ?? (await ask("Username: "));
    const client = new ApiClient(url, undefined, undefined, interrupted);
    const token = await client.createToken(username, await askPassword());
    const file = await remember({ url, token });
    show(
      json,
      { url, username },
      () => `Logged in to ${url} as ${username}.\nThe token is stored in ${file} and is valid for 90 days.\n`,
    );
    return exitCodes.done;
  },
};

const logout: Command = {
  parameters: [],
  about: "Log out: delete the stored address and token.",
  async run({ json }) {
    await forget();
    show(json, { url: null }, () => "Logged out.\n");
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
