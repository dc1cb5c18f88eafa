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
/** A server that gives no byte for so long is given up. */
const maxStallMs = 300_000;
/** What is no blob has to be here by then. */
const maxDocumentMs = 60_000;
/** Of an answer that nobody reads, so that its connection can be used again. */
const maxUnreadBytes = 65_536;
const maxRedirects = 5;

/** A worker does not go where this would lead. Its message ends a sentence about a registry. */
export class RefusedAddress extends Error {
  constructor() {
    super("its registry is, or sends a worker to, a host without TLS or without an address of the internet");
  }
}

/** What a registry sent is not what it is to be, as by its digest: another try may help, the same bytes never will. */
export class CorruptContent extends Error {}

export interface Request {
  method?: string;
  headers?: Record<string, string>;
  /** Shown to the host of the first address only. */
  authorization?: Record<string, string>;
  body?: Uint8Array;
  signal: AbortSignal;
}

/** What came back. Its body is to be read, or given up by `discard`. */
export interface Answer {
  status: number;
  isGood: boolean;
  headers: http.IncomingHttpHeaders;
  /** Where it is from, after all redirects. */
  url: URL;
  body: http.IncomingMessage;
}

/**
 * Asks registries, and where they send it. At each hop there must be TLS, but on loopback, and an address that it may reach:
 * that is looked at when a connection is made, so that a name cannot stand for one address first and then for another.
 * `fetch` has no place for that.
 */
export class RegistryClient {
  readonly #mayReach: (address: string) => boolean;
  readonly #lookup: LookupFunction;
  readonly #agents = { "https:": new https.Agent({ keepAlive: true }), "http:": new http.Agent({ keepAlive: true }) };

  /** `resolve` is what a name's addresses are asked of. */
  constructor(mayReach: (address: string) => boolean, resolve: typeof lookup = lookup) {
    this.#mayReach = mayReach;
    this.#lookup = (hostname, options, callback) =>
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        const [first] = addresses ?? [];
        if (error || !first) callback(error ?? new Error(`${hostname} has no address`), []);
        else if (!addresses.every(({ address }) => mayReach(address))) callback(new RefusedAddress(), []);
        else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      });
  }

  /** Follows redirects, and shows no other host what is for the first. Throws `RefusedAddress`, or what the network says. */
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

  /** Waits for the answer, not for its body. */
  async #answer(url: URL, { method = "GET", headers, body, signal }: Request): Promise<Answer> {
    const isPlain = url.protocol === "http:" && isLoopback(url.host);
    // A literal address is not looked up.
    const address = url.hostname.replace(/^\[(.*)\]$/, "$1");
    if ((url.protocol !== "https:" && !isPlain) || (isIP(address) !== 0 && !this.#mayReach(address)))
      throw new RefusedAddress();
    const options = { method, headers: { "user-agent": "benchstack-worker", ...headers }, lookup: this.#lookup };
    const request = isPlain
      ? http.request(url, { ...options, agent: this.#agents["http:"] })
      : https.request(url, { ...options, agent: this.#agents["https:"] });
    // What goes wrong after the answer is told by its body.
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

/** The bytes of an answer that is no blob. Throws `CorruptContent` when there are more of them than `what` may have. */
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

/** Makes an error of an answer that is no success. What a registry writes about it is nobody's to read. */
export async function errorOf(answer: Answer): Promise<HttpError> {
  await discard(answer);
  return new HttpError(answer.status, "", answer.headers["retry-after"] ?? null);
}

/** Does without an answer's body; a short one is read, so that its connection can be used again. */
export const discard = (answer: Answer): Promise<unknown> =>
  bytesOf(answer, "its answer", maxUnreadBytes).catch(() => {});
