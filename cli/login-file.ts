import { readFile, rm, writeFile } from "node:fs/promises";
import { ApiClient } from "../client/api-client.ts";
import { WorksheetsClient } from "../client/worksheets-client.ts";
import { platformAddress } from "./address.ts";
import { NotLoggedIn } from "./command.ts";
import { interrupted } from "./interruption.ts";
import { complain } from "./output.ts";
import { settingsFile } from "./settings.ts";
import { userAgent } from "./version.ts";

interface Login {
  url: string;
  token: string;
}

const path = () => settingsFile("login.json");

/** Stores a login in a file that only its owner can read. Returns the path of the file. */
export async function remember(login: Login): Promise<string> {
  const file = await path();
  // Writing to an existing file would keep its permissions. A damaged one may be a folder.
  await rm(file, { force: true, recursive: true });
  await writeFile(file, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  return file;
}

export const forget = async (): Promise<void> => rm(await path(), { force: true, recursive: true });

/** The address at which `npm start` serves a platform. */
const localUrl = "http://127.0.0.1:8000";

/** A client of the command line. `reason` is recorded with its changes. */
export const clientOf = ({ url, token }: Partial<Login> & Pick<Login, "url">, reason?: string): ApiClient =>
  new ApiClient(url, token, {
    reason,
    signal: interrupted,
    onWarning: (sentence) => complain(`Warning: ${sentence}`),
    userAgent: userAgent(),
  });

/** The login in BENCHSTACK_TOKEN, and BENCHSTACK_URL if it is set; undefined without a token. */
export function loginOfEnvironment(): Login | undefined {
  const { BENCHSTACK_URL: url, BENCHSTACK_TOKEN: token } = process.env;
  return token ? { url: url ? platformAddress("BENCHSTACK_URL", url) : localUrl, token } : undefined;
}

/**
 * Returns a client for BENCHSTACK_TOKEN and BENCHSTACK_URL, or for the stored login. BENCHSTACK_URL alone is a platform on which
 * nobody is logged in, unless the stored login is for it. `reason` is recorded with its changes. Throws `NotLoggedIn` when
 * there is neither.
 */
export const connect = async (reason?: string): Promise<ApiClient> => clientOf(await login(), reason);

/** The same for requests to worksheets. */
export async function worksheets(): Promise<WorksheetsClient> {
  const { url, token } = await login();
  return new WorksheetsClient(url, () => Promise.resolve(token ?? null), interrupted);
}

async function login(): Promise<Partial<Login> & Pick<Login, "url">> {
  const given = loginOfEnvironment();
  if (given) return given;
  const address = process.env["BENCHSTACK_URL"];
  if (address) {
    const url = platformAddress("BENCHSTACK_URL", address);
    const known = await stored().catch((error: unknown) => {
      if (error instanceof NotLoggedIn) return undefined;
      throw error;
    });
    return known?.url === url ? known : { url };
  }
  const known = await stored();
  if (!known)
    throw new NotLoggedIn(
      "You are not logged in. Run `benchstack login URL`, or set BENCHSTACK_URL and BENCHSTACK_TOKEN.",
    );
  return known;
}

/** The stored login; undefined when nobody is logged in. Throws `NotLoggedIn` when the file is damaged. */
export async function stored(): Promise<Login | undefined> {
  const file = await path();
  try {
    const { url, token } = (JSON.parse(await readFile(file, "utf8")) ?? {}) as Record<string, unknown>;
    if (typeof url === "string" && URL.canParse(url) && token && typeof token === "string") return { url, token };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (!(error instanceof SyntaxError) && code !== "EISDIR") throw error;
  }
  throw new NotLoggedIn(`${file} is damaged. Run \`benchstack login URL\` again.`);
}
