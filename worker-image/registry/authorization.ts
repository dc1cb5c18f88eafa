import * as z from "zod";
import { httpError } from "../http.ts";

const tokenPatienceMs = 20_000;

/** Gives the whole Authorization header that a registry wants of this platform. */
export type Login = () => Promise<string>;

const tokenSchema = z
  .object({ token: z.string().optional(), access_token: z.string().optional() })
  .transform(({ token, access_token }) => token ?? access_token)
  .pipe(z.string());

/**
 * What requests to one repository carry: a login, or the token that registries give to anybody for public images. Their
 * refusal says where it is to be had (WWW-Authenticate: Bearer); it ends after some minutes and is asked for again then.
 */
export class Authorization {
  readonly #login: Login | undefined;
  readonly #options: { mayBePlain: boolean; signal: AbortSignal };
  #token: string | null = null;

  constructor(login: Login | undefined, options: { mayBePlain: boolean; signal: AbortSignal }) {
    this.#login = login;
    this.#options = options;
  }

  async headers(): Promise<Record<string, string>> {
    const value = this.#login ? await this.#login() : this.#token;
    return value === null ? {} : { authorization: value };
  }

  /** Gets what a refusal asks for. False when there is nothing to be had: the image is not public. */
  async renewed(refusal: Response): Promise<boolean> {
    const challenge = refusal.headers.get("www-authenticate") ?? "";
    const parameters = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
    const realm = parameters.get("realm") ?? "";
    const { mayBePlain, signal } = this.#options;
    if (this.#login || !/^bearer /i.test(challenge) || !URL.canParse(realm)) return false;
    const url = new URL(realm);
    if (url.protocol !== "https:" && !mayBePlain) return false;
    for (const key of ["service", "scope"]) url.searchParams.set(key, parameters.get(key) ?? "");
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(tokenPatienceMs)]) });
    if (!response.ok) throw await httpError(response);
    this.#token = `Bearer ${tokenSchema.parse(await response.json())}`;
    return true;
  }
}
