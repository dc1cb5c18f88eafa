import { unlessAborted } from "../failure.ts";
import { HttpError, isWorthRetrying } from "../http.ts";
import type { Log } from "../log.ts";
import { messageOf } from "../log.ts";
import { retry } from "../retry.ts";
import { Slots } from "../slots.ts";
import type { Login } from "./authorization.ts";
import { copyImage } from "./copy.ts";
import { fromOurs, fromSource, isRateLimit, notFound } from "./image-failures.ts";
import { configSchema, imageBytes, imageSchema, jsonOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { copyTag, isOnUsualPort, isPinned, lastTag, parseReference, registryLabel } from "./reference.ts";
import type { Reference } from "./reference.ts";
import { CorruptContent, forSome, Repository } from "./repository.ts";
import { SharedWork } from "./shared-work.ts";

/** How long registries that do not answer are asked again. The platform tries the whole attempt again after longer pauses. */
const patienceMs = 10_000;
/** A registry that asks to wait means minutes or hours: Docker Hub counts pulls by the six hours. */
const rateLimitPatienceMs = 6 * 60 * 60_000;
/** Where it does not say how long. */
const rateLimitPauseMs = 60_000;
/** Images that are on their way to us at the same time; the others wait. */
const atOnce = 2;

/** What must be known of an image to run it behind a wrapper. */
export interface ImportedImage {
  /** Our copy by the digest of its manifest, so that a tag that moves changes nothing half-way. */
  pinned: string;
  digest: string;
  entryPoint: string[];
  /** As the image has it: a name or number, with a group or without; "" is root. */
  user: string;
  architecture: string;
  /** Compressed, as it is stored and pulled. */
  bytes: number;
}

export interface ImageNeed {
  signal: AbortSignal;
  /** Told what is waited for, in a few words for people. */
  onWaiting: (waiting: string) => void;
  log: Log;
}

export interface ImporterOptions {
  /** Our repository: `host/path`. */
  repository: string;
  login: Login;
  maxBytes: number;
}

/**
 * Has images of any registry in a repository of ours, copied once by digest. That repository is all that is remembered:
 * each copy is tagged with the digest that it was made of, and with the reference that stood for it last.
 */
export class ImageImporter {
  readonly #options: ImporterOptions;
  readonly #ours: Pick<Reference, "registry" | "path">;
  readonly #slots = new Slots(atOnce);
  readonly #copies = new SharedWork<Manifest, string>();

  constructor(options: ImporterOptions) {
    const [, registry, path] = /^([^/]+)\/(.+)$/.exec(options.repository) ?? [];
    if (registry === undefined || path === undefined) throw new Error(`${options.repository} is no repository of a registry`);
    this.#options = options;
    this.#ours = { registry, path };
  }

  /**
   * An image as we have it, imported if need be. Its source is asked for a digest at most when we have it. Throws
   * `StepFailure` IMAGE_NOT_FOUND, IMAGE_TOO_LARGE or IMAGE_PULL, or the signal's reason.
   */
  async ready(image: string, need: ImageNeed): Promise<ImportedImage> {
    const reference = parseReference(image);
    if (!reference) throw notFound(image, "this is not the name of an image");
    if (!isOnUsualPort(reference.registry)) throw notFound(image, "images come from registries on port 443, and this one is on another");
    try {
      return await this.#ready(image, reference, need);
    } catch (error) {
      need.signal.throwIfAborted();
      throw error;
    }
  }

  async #ready(image: string, reference: Reference, need: ImageNeed): Promise<ImportedImage> {
    const ours = this.#repository(need.signal);
    const named = await this.#digest(image, reference, ours, need);
    if (typeof named !== "string") return this.#describe(image, named, ours);
    const tag = copyTag(named);
    const copy = (await fromOurs(image, ours.find(tag))) ?? (await this.#copied(image, reference, named, need));
    if (!isPinned(reference)) {
      const last = await fromOurs(image, ours.find(lastTag(reference)));
      if (last?.digest !== copy.digest) await fromOurs(image, ours.putManifest(lastTag(reference), copy));
    }
    return this.#describe(image, copy, ours);
  }

  /** The digest that a reference stands for, or the copy it stood for last when its registry cannot be asked. */
  async #digest(image: string, reference: Reference, ours: Repository, need: ImageNeed): Promise<string | Manifest> {
    const { version } = reference;
    if (isPinned(reference)) return version;
    const asked = new Repository({ ...reference, patiently: forSome(patienceMs, need.signal), signal: need.signal });
    try {
      return await asked.digestOf(version);
    } catch (error) {
      need.signal.throwIfAborted();
      const refused = error instanceof HttpError && isWorthRetrying(error) === false;
      const last = refused ? null : await fromOurs(image, ours.find(lastTag(reference)));
      if (last) {
        need.log.warn("the registry of an image cannot be asked, so the copy made last is used", { image, digest: last.digest, error: messageOf(error) });
        return last;
      }
      const again = isRateLimit(error) ? this.#source(reference, need.signal, need.onWaiting).digestOf(version) : Promise.reject(error as Error);
      return fromSource(image, again);
    }
  }

  /** A copy made now, or by whoever is making the same one. */
  #copied(image: string, reference: Reference, digest: string, { signal, onWaiting, log }: ImageNeed): Promise<Manifest> {
    const copy = async (stop: AbortSignal, tell: (waiting: string) => void) => {
      tell("importing image");
      while (!this.#slots.take()) await unlessAborted(this.#slots.change(), stop);
      try {
        const startedAt = performance.now();
        const source = this.#source(reference, stop, tell);
        const ours = this.#repository(stop);
        const manifest = await copyImage(digest, copyTag(digest), { image, source, ours, maxBytes: this.#options.maxBytes, signal: stop });
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        const { entryPoint, ...facts } = await this.#describe(image, manifest, ours);
        log.info("image imported", { image, from: digest, ...facts, entryPoint: entryPoint.join(" "), seconds });
        return manifest;
      } finally {
        this.#slots.give();
      }
    };
    return this.#copies.join(copyTag(digest), copy, { signal, onNews: onWaiting });
  }

  async #describe(image: string, { bytes, digest }: Manifest, ours: Repository): Promise<ImportedImage> {
    const manifest = imageSchema.parse(jsonOf(bytes));
    const { architecture, config } = configSchema.parse(jsonOf(await fromOurs(image, ours.document(manifest.config))));
    return {
      pinned: `${this.#options.repository}@${digest}`,
      digest,
      entryPoint: config?.Entrypoint ?? [],
      user: config?.User ?? "",
      architecture,
      bytes: imageBytes(manifest),
    };
  }

  #repository(signal: AbortSignal): Repository {
    return new Repository({ ...this.#ours, login: this.#options.login, patiently: forSome(patienceMs, signal), signal });
  }

  /** A source that is waited for as long as it asks to wait. */
  #source(reference: Reference, signal: AbortSignal, onWaiting: (waiting: string) => void): Repository {
    const patiently = <T>(work: () => Promise<T>): Promise<T> => {
      const forSomeUntil = performance.now() + patienceMs;
      return retry(work, {
        forMs: rateLimitPatienceMs,
        again: (error) => {
          if (isRateLimit(error)) return error.retryAfterMs || rateLimitPauseMs;
          return performance.now() < forSomeUntil && !(error instanceof CorruptContent) && isWorthRetrying(error);
        },
        onRetry: (error) => {
          if (isRateLimit(error)) onWaiting(`importing image: ${registryLabel(reference)} asks to wait`);
        },
        signal,
      });
    };
    return new Repository({ ...reference, patiently, signal });
  }
}
