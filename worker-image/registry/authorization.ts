import * as z from "zod";
import type { RegistryLogin } from "../../contract/registry-login.ts";
import { bytesOf, CorruptContent, errorOf } from "./client.ts";
import type { Answer, RegistryClient } from "./client.ts";
import { jsonOf } from "./manifest.ts";

/** Tokens have a few KB. */
const maxTokenBytes = 65_536;

/** Returns the value of the Authorization header for a registry on which this platform has an account. */
export type Login = () => Promise<string>;

const tokenSchema = z
  .object({ token: z.string().optional(), access_token: z.string().optional() })
  .transform(({ token, access_token }) => token ?? access_token)
  .pipe(z.string().regex(/^[\x21-\x7e]+$/));

function challengeOf({ headers }: Answer): { challenge: string; parameters: Map<string, string> } {
  const challenge = headers["www-authenticate"] ?? "";
  const found = [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value] as const);
  return { challenge, parameters: new Map(found) };
}

/** The server of tokens that a refusal names; null if it names none. */
export function realmOf(refusal: Answer): URL | null {
  const { challenge, parameters } = challengeOf(refusal);
  const realm = parameters.get("realm") ?? "";
  return /^bearer /i.test(challenge) && URL.canParse(realm) ? new URL(realm) : null;
}

export interface AuthorizationOptions {
  /** The origin of the registry. */
  origin: string;
  client: RegistryClient;
  /** The platform's own login, for its own registry. */
  login?: Login;
  /** The account of an organizer, for other registries. */
  account?: RegistryLogin;
  signal: AbortSignal;
}

/**
 * The authorization of requests to one repository: a login, or a token. The registry's refusal says where to get a token
 * (WWW-Authenticate: Bearer): anonymously for public images, with an account for its private ones. A token expires after
 * some minutes and is then requested again. An account is sent only where the registry itself asks for it: to the
 * registry, or to the server of tokens that it names.
 */
export class Authorization {
  readonly #options: AuthorizationOptions;
  /** The last token, or the account itself for a registry that wants it in every request. */
  #value: string | null = null;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
  }

  async headers(): Promise<Record<string, string>> {
    const value = this.#options.login ? await this.#options.login() : this.#value;
    return value === null ? {} : { authorization: value };
  }

  /** Gets the authorization that a refusal asks for. Returns false when there is none. */
  async renewed(refusal: Answer): Promise<boolean> {
    const { origin, client, login, account, signal } = this.#options;
    // A host to which the registry redirects could name a server of tokens of its own, and would get the account.
    if (login || (account && refusal.url.origin !== origin)) return false;
    const basic = account && `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;
    const { challenge, parameters } = challengeOf(refusal);
    if (basic !== undefined && /^basic /i.test(challenge)) {
      const isNew = this.#value !== basic;
      this.#value = basic;
      return isNew;
    }
    const url = realmOf(refusal);
    if (url === null) return false;
    for (const key of ["service", "scope"]) url.searchParams.set(key, parameters.get(key) ?? "");
    const answer = await client.ask(url, { ...(basic && { authorization: { authorization: basic } }), signal });
    if (!answer.isGood) throw await errorOf(answer);
    const token = tokenSchema.safeParse(jsonOf(await bytesOf(answer, "its token", maxTokenBytes)));
    if (!token.success) throw new CorruptContent("its token is not valid");
    this.#value = `Bearer ${token.data}`;
    return true;
  }
}
