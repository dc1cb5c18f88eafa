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

/**
 * Returns a client for the stored login, or for BENCHSTACK_URL and BENCHSTACK_TOKEN. `reason` is recorded with its
 * changes. Throws `UsageError` when nobody is logged in.
 */
export async function connect(reason?: string): Promise<ApiClient> {
  const { BENCHSTACK_URL: url, BENCHSTACK_TOKEN: token } = process.env;
  if (url) return new ApiClient(url.replace(/\/+$/, ""), token, reason);
  let kept: string;
  try {
    kept = await readFile(await path(), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UsageError(
      "You are not logged in. Run `benchstack login URL`, or set BENCHSTACK_URL and BENCHSTACK_TOKEN.",
    );
  }
  const login = JSON.parse(kept) as Login;
  return new ApiClient(login.url, login.token, reason);
}
