import { createHash } from "node:crypto";
import type { RegistryLogin } from "../../contract/registry-login.ts";
import { HttpError, isWorthRetrying } from "../http.ts";
import { Authorization } from "./authorization.ts";
import type { Login } from "./authorization.ts";
import { bytesOf, CorruptContent, discard, errorOf, RefusedAddress } from "./client.ts";
import type { Answer, RegistryClient, Request } from "./client.ts";
import { digestOf, isDigest, manifestTypes } from "./manifest.ts";
import type { Descriptor, Manifest } from "./manifest.ts";
import { isLoopback } from "./reference.ts";
import { send } from "./send.ts";

/** Manifests and configurations have a few KB. */
const maxDocumentBytes = 4_000_000;
/** Consecutive broken connections without a new byte after which a blob fails. */
const maxBreaks = 5;

export interface RepositoryOptions {
  /** Host of the registry, optionally with a port. */
  registry: string;
  path: string;
  client: RegistryClient;
  /** The platform's own login. */
  login?: Login;
  /** The account of an organizer. Without any of the two, an anonymous token is used. */
  account?: RegistryLogin;
  /** Wraps every request, to retry it. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
  signal: AbortSignal;
}

/**
 * One repository of a registry, through the OCI distribution API. Throws `HttpError`, `CorruptContent`,
 * `RefusedAddress` or errors of the network.
 */
export class Repository {
  readonly #options: RepositoryOptions;
  readonly #base: string;
  readonly #authorization: Authorization;

  constructor(options: RepositoryOptions) {
    const { registry, path } = options;
    this.#options = options;
    this.#base = `${isLoopback(registry) ? "http" : "https"}://${registry}/v2/${path}/`;
    this.#authorization = new Authorization({ ...options, origin: new URL(this.#base).origin });
  }

  /** Resolves a tag to a digest. Reads the manifest only when the registry does not send its digest. */
  async digestOf(tag: string): Promise<string> {
    const answer = await this.#send(`manifests/${tag}`, {
      method: "HEAD",
      headers: { accept: manifestTypes.join(", ") },
    });
    const digest = String(answer.headers["docker-content-digest"]);
    return isDigest(digest) ? digest : (await this.manifest(tag)).digest;
  }

  async manifest(version: string): Promise<Manifest> {
    const answer = await this.#request(`manifests/${version}`, { headers: { accept: manifestTypes.join(", ") } });
    const bytes = await bytesOf(answer, "its description", maxDocumentBytes);
    const digest = digestOf(bytes);
    if (isDigest(version) && digest !== version) throw new CorruptContent("its manifest does not match its digest");
    return { bytes, digest, mediaType: (answer.headers["content-type"] ?? "").split(";")[0]!.trim() };
  }

  /** The manifest of a tag; null when the tag does not exist. */
  async find(tag: string): Promise<Manifest | null> {
    return this.manifest(tag).catch((error: unknown) => {
      if (error instanceof HttpError && error.status === 404) return null;
      throw error;
    });
  }

  /** Reads a small blob, for example a configuration. */
  async document({ digest, size }: Descriptor): Promise<Buffer> {
    if (size > maxDocumentBytes) throw new CorruptContent(`its description is larger than ${maxDocumentBytes} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.blob({ digest, size })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /**
   * Reads a blob. Its size and digest are checked only at the end, so discard all bytes when this throws. Resumes after
   * a broken connection.
   */
  async *blob({ digest, size }: Descriptor): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let at = 0;
    for (let breaks = 0; at < size;) {
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
        const lasting = [CorruptContent, HttpError, RefusedAddress].some((kind) => error instanceof kind);
        if (lasting || this.#options.signal.aborted || ++breaks > maxBreaks) throw error;
      }
    }
    if (`sha256:${hash.digest("hex")}` !== digest) throw new CorruptContent("a layer is not what its digest says");
  }

  async *#bytesFrom(digest: string, at: number): AsyncGenerator<Uint8Array> {
    const { status, body } = await this.#request(`blobs/${digest}`, {
      headers: at === 0 ? {} : { range: `bytes=${at}-` },
    });
    // A server without support for ranges sends the blob from its start.
    let skip = status === 206 ? 0 : at;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  }

  async hasBlob(digest: string): Promise<boolean> {
    return this.#send(`blobs/${digest}`, { method: "HEAD" }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HttpError && error.status === 404) return false;
        throw error;
      },
    );
  }

  /**
   * Stores a blob in one piece, because ECR loses further pieces of the same upload
   * (https://github.com/aws/containers-roadmap/issues/2831). A retry is a new upload.
   */
  async putBlob(digest: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const started = await this.#send("blobs/uploads/", { method: "POST" });
    const place = new URL(started.headers.location ?? "", started.url);
    const headers = { "content-type": "application/octet-stream", ...(await this.#authorization.headers()) };
    const sent = await send(place, { method: "PATCH", headers, signal: this.#options.signal }, content);
    const end = new URL(sent.location ?? place.href, place);
    end.searchParams.set("digest", digest);
    await this.#send(end.href, { method: "PUT" });
  }

  async putManifest(tag: string, { bytes, mediaType }: Manifest): Promise<void> {
    await this.#send(`manifests/${tag}`, { method: "PUT", headers: { "content-type": mediaType }, body: bytes });
  }

  #request(path: string, init: Omit<Request, "signal">): Promise<Answer> {
    const url = new URL(path, this.#base);
    return this.#options.patiently(async () => {
      const answer = await this.#authorized(url, { ...init, signal: this.#options.signal });
      if (!answer.isGood) throw await errorOf(answer);
      return answer;
    });
  }

  /** Sends a request and discards the body of the answer. */
  async #send(path: string, init: Omit<Request, "signal">): Promise<Answer> {
    const answer = await this.#request(path, init);
    await discard(answer);
    return answer;
  }

  /**
   * Sends a request with authorization, and renews it once if needed. Redirects to signed URLs on other hosts do not
   * receive it; see `RegistryClient.ask`.
   */
  async #authorized(url: URL, request: Request): Promise<Answer> {
    const { client } = this.#options;
    const ask = async () => client.ask(url, { ...request, authorization: await this.#authorization.headers() });
    const answer = await ask();
    if (answer.status !== 401 || !(await this.#authorization.renewed(answer))) return answer;
    await discard(answer);
    return ask();
  }
}

/** Whether the same request may succeed some seconds later. */
export const isRetryable = (error: unknown): boolean | number =>
  !(error instanceof CorruptContent) && !(error instanceof RefusedAddress) && isWorthRetrying(error);
