import { createHash } from "node:crypto";
import { HttpError, httpError, isWorthRetrying } from "../http.ts";
import { retry } from "../retry.ts";
import { Authorization } from "./authorization.ts";
import type { Login } from "./authorization.ts";
import { digestOf, manifestTypes } from "./manifest.ts";
import type { Descriptor, Manifest } from "./manifest.ts";
import { isLoopback } from "./reference.ts";
import { send } from "./send.ts";

/** Manifests and configurations are some KB. */
const maxDocumentBytes = 4_000_000;
const answerPatienceMs = 20_000;
/** How often in a row a blob may break off before another byte of it came. */
const maxBreaks = 5;
const maxRedirects = 5;

/** What a registry sent is not what its digest says: another try may help, the same bytes never will. */
export class CorruptContent extends Error {}

export interface RepositoryOptions {
  /** Where the registry is: a host, with a port where it has one. */
  registry: string;
  path: string;
  /** Asked for what a registry wants to see; without it the registry is asked for a token as anybody. */
  login?: Login;
  /** Around every single request: tries again what may pass. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
  signal: AbortSignal;
}

/** One repository of a registry, by the OCI distribution API. Throws `HttpError`, `CorruptContent` or what the network says. */
export class Repository {
  readonly #options: RepositoryOptions;
  readonly #base: string;
  readonly #authorization: Authorization;

  constructor(options: RepositoryOptions) {
    const { registry, path, login, signal } = options;
    this.#options = options;
    this.#base = `${isLoopback(registry) ? "http" : "https"}://${registry}/v2/${path}/`;
    this.#authorization = new Authorization(login, { mayBePlain: isLoopback(registry), signal });
  }

  /** The digest that a tag stands for now. Asks for no manifest unless the registry leaves the digest out. */
  async digestOf(tag: string): Promise<string> {
    const response = await this.#request(`manifests/${tag}`, { method: "HEAD", headers: { accept: manifestTypes.join(", ") } });
    return response.headers.get("docker-content-digest") ?? (await this.manifest(tag)).digest;
  }

  async manifest(version: string): Promise<Manifest> {
    const response = await this.#request(`manifests/${version}`, { headers: { accept: manifestTypes.join(", ") } });
    const bytes = await document(response);
    const digest = digestOf(bytes);
    if (version.startsWith("sha256:") && digest !== version) throw new CorruptContent("what came as its manifest is another one");
    return { bytes, digest, mediaType: (response.headers.get("content-type") ?? "").split(";")[0]!.trim() };
  }

  /** The manifest of a tag; null when there is none. */
  async find(tag: string): Promise<Manifest | null> {
    return this.manifest(tag).catch((error: unknown) => {
      if (error instanceof HttpError && error.status === 404) return null;
      throw error;
    });
  }

  /** A blob of some KB, such as a configuration. */
  async document({ digest, size }: Descriptor): Promise<Buffer> {
    if (size > maxDocumentBytes) throw new CorruptContent(`its description is larger than ${maxDocumentBytes} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.blob({ digest, size })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /**
   * The bytes of a blob, checked against size and digest at the end: what was made of them before that is to be thrown
   * away when this throws. Goes on where it was when the connection breaks.
   */
  async *blob({ digest, size }: Descriptor): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let at = 0;
    for (let breaks = 0; at < size; ) {
      try {
        for await (const chunk of this.#bytesFrom(digest, at)) {
          at += chunk.length;
          if (at > size) throw new CorruptContent("a layer is larger than its manifest says");
          breaks = 0;
          hash.update(chunk);
          yield chunk;
        }
        if (at < size) throw new Error("the connection ended early");
      } catch (error) {
        const lasting = error instanceof CorruptContent || error instanceof HttpError;
        if (lasting || this.#options.signal.aborted || ++breaks > maxBreaks) throw error;
      }
    }
    if (`sha256:${hash.digest("hex")}` !== digest) throw new CorruptContent("a layer is not what its digest says");
  }

  async *#bytesFrom(digest: string, at: number): AsyncGenerator<Uint8Array> {
    const response = await this.#request(`blobs/${digest}`, { headers: at === 0 ? {} : { range: `bytes=${at}-` } });
    // A server may not know ranges; then it starts anew.
    let skip = response.status === 206 ? 0 : at;
    for await (const chunk of response.body ?? []) {
      if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  }

  async hasBlob(digest: string): Promise<boolean> {
    return this.#request(`blobs/${digest}`, { method: "HEAD" }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HttpError && error.status === 404) return false;
        throw error;
      },
    );
  }

  /**
   * Stores a blob, in one piece however large: ECR loses what comes in a second piece of the same upload
   * (https://github.com/aws/containers-roadmap/issues/2831). A second try is a new upload.
   */
  async putBlob(digest: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const started = await this.#request("blobs/uploads/", { method: "POST" });
    const place = new URL(started.headers.get("location") ?? "", started.url || this.#base);
    const headers = { "content-type": "application/octet-stream", ...(await this.#authorization.headers()) };
    const sent = await send(place, { method: "PATCH", headers, signal: this.#options.signal }, content);
    const end = new URL(sent.location ?? place.href, place);
    end.searchParams.set("digest", digest);
    await this.#request(end.href, { method: "PUT" });
  }

  async putManifest(tag: string, { bytes, mediaType }: Manifest): Promise<void> {
    await this.#request(`manifests/${tag}`, { method: "PUT", headers: { "content-type": mediaType }, body: new Uint8Array(bytes) });
  }

  #request(path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, this.#base);
    return this.#options.patiently(async () => {
      const response = await this.#authorized(url, init);
      if (!response.ok) throw await httpError(response);
      return response;
    });
  }

  async #authorized(url: URL, init: RequestInit): Promise<Response> {
    const authorization = await this.#authorization.headers();
    const response = await this.#follow(url, init, authorization);
    if (response.status !== 401) return response;
    const renewed = await this.#authorization.renewed(response);
    await response.body?.cancel();
    return renewed ? this.#follow(url, init, await this.#authorization.headers()) : response;
  }

  /** Blobs are often elsewhere, behind a signed address which must not see what the registry does. */
  async #follow(url: URL, init: RequestInit, authorization: Record<string, string>): Promise<Response> {
    const { registry, signal } = this.#options;
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const headers = { ...(init.headers as Record<string, string> | undefined), ...(at.origin === url.origin ? authorization : {}) };
      const response = await answer(at, { ...init, headers, redirect: "manual" }, signal);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      at = new URL(location, at);
      const refused = at.protocol !== "https:" && !isLoopback(registry);
      if (refused || redirects === maxRedirects) throw new HttpError(502, "", null);
    }
  }
}

/** Waits for the answer, not for its body. */
async function answer(url: URL, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error("the registry does not answer")), answerPatienceMs);
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

async function document(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxDocumentBytes) throw new CorruptContent(`its description is larger than ${maxDocumentBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** How many milliseconds a registry that does not answer, or not as it should, is asked again. */
export const forSome =
  (forMs: number, signal: AbortSignal) =>
  <T>(work: () => Promise<T>): Promise<T> =>
    retry(work, { forMs, again: (error) => !(error instanceof CorruptContent) && isWorthRetrying(error), signal });
