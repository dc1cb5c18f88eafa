import { readFile, rm, writeFile } from "node:fs/promises";
import { ApiClient } from "../client/api-client.ts";
import { NotLoggedIn } from "./command.ts";
import { interrupted } from "./interruption.ts";
import { complain } from "./output.ts";
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

/** The address at which `npm start` serves a platform. */
const localUrl = "http://127.0.0.1:8000";

/**
 * Returns a client for BENCHSTACK_TOKEN and BENCHSTACK_URL, or for the stored login. `reason` is recorded with its
 * changes. Throws `NotLoggedIn` when there is neither.
 */
export async function connect(reason?: string): Promise<ApiClient> {
  const { BENCHSTACK_URL: url, BENCHSTACK_TOKEN: token } = process.env;
  const client = (address: string, given: string | undefined) =>
    new ApiClient(address, given, reason, interrupted, (sentence) => complain(`Warning: ${sentence}`));
  if (url || token) return client((url || localUrl).replace(/\/+$/, ""), token);
  const login = await stored();
  if (!login)
    throw new NotLoggedIn(
      "You are not logged in. Run `benchstack login URL`, or set BENCHSTACK_URL and BENCHSTACK_TOKEN.",
    );
  return client(login.url, login.token);
}

/** The stored login; undefined when nobody is logged in. Throws `NotLoggedIn` when the file is damaged. */
export async function stored(): Promise<Login | undefined> {
  const file = await path();
  try {
    const { url, token } = JSON.parse(await readFile(file, "utf8")) as Partial<Login>;
    if (url && token) return { url, token };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new NotLoggedIn(`${file} is damaged. Run \`benchstack login URL\` again.`);
}
