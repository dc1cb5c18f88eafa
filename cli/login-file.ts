import { readFile, rm, writeFile } from "node:fs/promises";
import { ApiClient } from "../client/api-client.ts";
import { UsageError } from "./command.ts";
import { settingsFile } from "./settings.ts";

interface Login {
  url: string;
  token: string;
}

const path = () => settingsFile("login.json");

/** Keeps a login for commands to come, readable for its owner alone. Gives the file. */
export async function remember(login: Login): Promise<string> {
  const file = await path();
  // A file that is there keeps its mode when it is written to.
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  return file;
}

export const forget = async (): Promise<void> => rm(await path(), { force: true });

/** A client of the platform that somebody is logged in to, which says why it changes what it does. Throws `Usage` when nobody is. */
export async function connect(reason?: string): Promise<ApiClient> {
  const { BENCHSTACK_URL: url, BENCHSTACK_TOKEN: token } = process.env;
  if (url) return new ApiClient(url.replace(/\/+$/, ""), token, reason);
  let kept: string;
  try {
    kept = await readFile(await path(), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError("You are not logged in: `benchstack login URL`, or set BENCHSTACK_URL and BENCHSTACK_TOKEN.");
  }
  const login = JSON.parse(kept) as Login;
  return new ApiClient(login.url, login.token, reason);
}
