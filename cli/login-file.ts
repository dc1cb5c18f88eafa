import { readFile, rm, writeFile } from "node:fs/promises";
import { ApiClient } from "../client/api-client.ts";
import { UsageError } from "./command.ts";
import { settingsFile } from "./settings.ts";

interface Login {
  url: string;
  token: string;
}

const path = () => settingsFile("login.json");

/** Stores a login in a file that only its owner can read. Returns the path of the file. */
export async function remember(login: Login): Promise<string> {
  const file = await path();
  // Writing to an existing file would keep its permissions.
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  return file;
}

export const forget = async (): Promise<void> => rm(await path(), { force: true });

/** The stored login; undefined when nobody is logged in. */
export async function stored(): Promise<Login | undefined> {
  try {
    return JSON.parse(await readFile(await path(), "utf8")) as Login;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

/**
 * Returns a client for the stored login, or for BENCHSTACK_URL and BENCHSTACK_TOKEN. `reason` is recorded with its
 * changes. Throws `UsageError` when nobody is logged in.
 */
export async function connect(reason?: string): Promise<ApiClient> {
  const { BENCHSTACK_URL: url, BENCHSTACK_TOKEN: token } = process.env;
  if (url) return new ApiClient(url.replace(/\/+$/, ""), token, reason);
  const login = await stored();
  if (!login)
    throw new UsageError(
      "You are not logged in. Run `benchstack login URL`, or set BENCHSTACK_URL and BENCHSTACK_TOKEN.",
    );
  return new ApiClient(login.url, login.token, reason);
}
