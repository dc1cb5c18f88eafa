import { lookup } from "node:dns";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { addAbortSignal } from "node:stream";
import { HttpError } from "../http.ts";
import { isLoopback } from "./reference.ts";

const maxAnswerMs = 20_000;
/** A connection without a byte for this time is closed. */
const maxStallMs = 300_000;
/** Manifests and other small documents must arrive within this time. */
const maxDocumentMs = 60_000;
/** An unused answer up to this size is read, so that its connection can be reused. */
const maxUnreadBytes = 65_536;
const maxRedirects = 5;

/** The worker may not connect to this address. The message is the end of a sentence about an image. */
export class RefusedAddress extends Error {
  constructor() {
    super("its registry is, or redirects to, a host without TLS or without a public address");
  }
}

/** The content from a registry does not match its digest, size or format. Another try may help. */
export class CorruptContent extends Error {}

export interface Request {
  method?: string;
  headers?: Record<string, string>;
  /** Authorization headers, sent only to the host of the first URL. */
  authorization?: Record<string, string>;
  body?: Uint8Array;
  signal: AbortSignal;
}

/** An answer. The caller has to read its body or call `discard`. */
export interface Answer {
  status: number;
  isGood: boolean;
  headers: http.IncomingHttpHeaders;
  /** The URL after all redirects. */
  url: URL;
  body: http.IncomingMessage;
}

/**
 * HTTP client for registries that checks every redirect. Each host must use TLS, except on loopback, and have an
 * address that `mayReach` allows. The address is checked when the connection is made, so that a name cannot resolve to
 * another address after the check. `fetch` does not support that.
 */
export class RegistryClient {
  readonly #mayReach: (address: string) => boolean;
  readonly #lookup: LookupFunction;
  readonly #agents = { "https:": new https.Agent({ keepAlive: true }), "http:": new http.Agent({ keepAlive: true }) };

  /** `resolve` looks up the addresses of a name. */
  constructor(mayReach: (address: string) => boolean, resolve: typeof lookup = lookup) {
    this.#mayReach = mayReach;
    this.#lookup = (hostname, options, callback) =>
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        // With an error there are no addresses, whatever the types say.
        const [first] = (addresses as typeof addresses | undefined) ?? [];
        if (error || !first) callback(error ?? new Error(`${hostname} has no address`), []);
        else if (!addresses.every(({ address }) => mayReach(address))) callback(new RefusedAddress(), []);
        else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      });
  }

  /**
   * Sends a request and follows redirects. Sends `authorization` only to the first host. Throws `RefusedAddress`, or
   * errors of the network.
   */
  async ask(url: URL, { authorization, ...request }: Request): Promise<Answer> {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const headers = { ...request.headers, ...(at.origin === url.origin ? authorization : {}) };
      const answer = await this.#answer(at, { ...request, headers });
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
      await discard(answer);
      if (redirects === maxRedirects || !URL.canParse(location, at.href)) throw new HttpError(502, "", null);
      at = new URL(location, at);
    }
  }

  /** Returns when the headers have arrived. */
  async #answer(url: URL, { method = "GET", headers, body, signal }: Request): Promise<Answer> {
    const isPlain = url.protocol === "http:" && isLoopback(url.host);
    // A literal address is checked here, because it is never looked up.
    const address = url.hostname.replace(/^\[(.*)\]$/, "$1");
    if ((url.protocol !== "https:" && !isPlain) || (isIP(address) !== 0 && !this.#mayReach(address)))
      throw new RefusedAddress();
    const options = { method, headers: { "user-agent": "benchstack-worker", ...headers }, lookup: this.#lookup };
    const request = isPlain
      ? http.request(url, { ...options, agent: this.#agents["http:"] })
      : https.request(url, { ...options, agent: this.#agents["https:"] });
    // Errors after the headers are reported by the body.
    request.on("error", () => {});
    const late = setTimeout(() => request.destroy(new Error("the registry does not answer")), maxAnswerMs);
    try {
      request.end(body);
      const [response] = (await once(request, "response", { signal })) as [http.IncomingMessage];
      addAbortSignal(signal, response);
      response.setTimeout(maxStallMs, () => response.destroy(new Error("the registry sends nothing more")));
      const status = response.statusCode ?? 0;
      return { status, isGood: status >= 200 && status <= 299, headers: response.headers, url, body: response };
    } catch (error) {
      request.destroy();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }
}

/** Reads a small body. Throws `CorruptContent`, with `what` as its subject, when it is larger than `maxBytes`. */
export async function bytesOf({ body }: Answer, what: string, maxBytes: number): Promise<Buffer> {
  const late = setTimeout(() => body.destroy(new Error("the registry sends too slowly")), maxDocumentMs);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new CorruptContent(`${what} is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks);
}

/** Converts an unsuccessful answer to an error, without the registry's own text. */
export async function errorOf(answer: Answer): Promise<HttpError> {
  await discard(answer);
  return new HttpError(answer.status, "", answer.headers["retry-after"] ?? null);
}

/** Discards the body of an answer. A short one is read, so that its connection can be reused. */
export const discard = (answer: Answer): Promise<unknown> =>
  bytesOf(answer, "its answer", maxUnreadBytes).catch(() => {});
