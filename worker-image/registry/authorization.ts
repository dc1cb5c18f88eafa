import * as z from "zod";
import { bytesOf, CorruptContent, errorOf } from "./client.ts";
import type { Answer, RegistryClient } from "./client.ts";
import { jsonOf } from "./manifest.ts";

/** Tokens are some KB. */
const maxTokenBytes = 65_536;

/** Gives the whole Authorization header that a registry wants of this platform. */
export type Login = () => Promise<string>;

const tokenSchema = z
  .object({ token: z.string().optional(), access_token: z.string().optional() })
  .transform(({ token, access_token }) => token ?? access_token)
  .pipe(z.string().regex(/^[\x21-\x7e]+$/));

/**
 * What requests to one repository carry: a login, or the token that registries give to anybody for public images. Their
 * refusal says where it is to be had (WWW-Authenticate: Bearer); it ends after some minutes and is asked for again then.
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

  /** Gets what a refusal asks for. False when there is nothing to be had: the image is not public. */
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
    if (!token.success) throw new CorruptContent("its token is none");
    this.#token = `Bearer ${token.data}`;
    return true;
  }
}
