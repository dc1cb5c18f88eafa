import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { ApiClient } from "../client/api-client.ts";
import { exitCodes, UsageError, type Command } from "./command.ts";
import { connect, forget, remember } from "./login-file.ts";
import { show } from "./output.ts";

/** Asks on the terminal; what is typed after the question is shown unless it is secret. */
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

/** The password: asked for on a terminal, else what comes on standard input. */
const password = async () =>
  process.stdin.isTTY ? ask("Password: ", { secret: true }) : (await text(process.stdin)).replace(/\r?\n$/, "");

const login: Command = {
  takes: ["URL"],
  options: { username: "NAME" },
  about: "Log in to a platform and stay so. The password is asked for, or read from standard input.",
  async run({ words: [address], text: option, json }) {
    if (!URL.canParse(address!) || !/^https?:$/.test(new URL(address!).protocol))
      throw new UsageError("URL is the platform's address, such as https://benchmarks.example.org.");
    const url = address!.replace(/\/+$/, "");
    if (option("username") === undefined && !process.stdin.isTTY)
      throw new UsageError("login needs --username where there is no terminal.");
    const username = option("username") ?? (await ask("Username: ", { secret: false }));
    const token = await new ApiClient(url).createToken(username, await password());
    const file = await remember({ url, token });
    show(
      json,
      { url, username },
      () => `Logged in to ${url} as ${username}. The token is in ${file}; it is good for 90 days.\n`,
    );
    return exitCodes.done;
  },
};

const logout: Command = {
  takes: [],
  about: "Forget the platform and the token.",
  async run({ json }) {
    await forget();
    show(json, { url: null }, () => "Logged out.\n");
    return exitCodes.done;
  },
};

const whoami: Command = {
  takes: [],
  about: "Who is logged in, and where.",
  async run({ json }) {
    const client = await connect();
    const profile = await client.request<{ username: string; email: string }>("GET", "/api/my_profile/");
    show(json, { url: client.url, ...profile }, () => `${profile.username} (${profile.email}) on ${client.url}\n`);
    return exitCodes.done;
  },
};

export const accountCommands = { login, logout, whoami };
