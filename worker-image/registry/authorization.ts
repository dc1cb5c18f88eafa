import * as z from "zod";
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

/**
 * The authorization of requests to one repository: a login, or an anonymous token for public images. The registry's
 * refusal says where to get a token (WWW-Authenticate: Bearer). A token expires after some minutes and is then
 * requested again.
 */
export class Authorization {
  readonly #login: Login | undefined;
  readonly #client: RegistryClient;
  readonly #signal: AbortSignal;
  #token: string | null = null;

  constructor(login: Login | undefined, { client, signal }: { client: RegistryClient; signal: AbortSignal }) {
    this.#login = login;
    this.#client = client;
    this.#signal = signal;
  }

  async headers(): Promise<Record<string, string>> {
    const value = this.#login ? await this.#login() : this.#token;
    return value === null ? {} : { authorization: value };
  }

  /** Requests the token that a refusal asks for. Returns false when there is none: the image is not public. */
  async renewed(refusal: Answer): Promise<boolean> {
    const challenge = refusal.headers["www-authenticate"] ?? "";
    const parameters = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    );
    const realm = parameters.get("realm") ?? "";
    if (this.#login || !/^bearer /i.test(challenge) || !URL.canParse(realm)) return false;
    const url = new URL(realm);
    for (const key of ["service", "scope"]) url.searchParams.set(key, parameters.get(key) ?? "");
    const answer = await this.#client.ask(url, { signal: this.#signal });
    if (!answer.isGood) throw await errorOf(answer);
    const token = tokenSchema.safeParse(jsonOf(await bytesOf(answer, "its token", maxTokenBytes)));
    if (!token.success) throw new CorruptContent("its token is not valid");
    this.#token = `Bearer ${token.data}`;
    return true;
  }
}
