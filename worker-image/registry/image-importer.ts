import { unlessAborted } from "../failure.ts";
import { HttpError } from "../http.ts";
import type { Log } from "../log.ts";
import { retry } from "../retry.ts";
import { Slots } from "../slots.ts";
import { isLoopbackAddress, isPublicAddress } from "./addresses.ts";
import type { Login } from "./authorization.ts";
import { Client, RefusedAddress } from "./client.ts";
import { copyImage } from "./copy.ts";
import { fromOurs, fromSource, isRateLimit, notFound, RateLimited } from "./image-failures.ts";
import { configSchema, imageBytes, imageSchema, jsonOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { leastPace, PaceKeeper } from "./pace.ts";
import type { Pace } from "./pace.ts";
import { copyTag, isLoopback, isOnUsualPort, isPinned, lastTag, parseReference, registryLabel } from "./reference.ts";
import type { Reference } from "./reference.ts";
import { mayPass, Repository } from "./repository.ts";
import type { RepositoryOptions } from "./repository.ts";
import { SharedWork } from "./shared-work.ts";

/** How long registries that do not answer are asked again. The platform tries the whole attempt again after longer pauses. */
const patienceMs = 10_000;
const rateLimitPatienceMs = 6 * 60 * 60_000;
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
  readonly #pace: Pace;
  readonly #slots = new Slots(atOnce);
  readonly #copies = new SharedWork<Manifest, string>();
  /** The platform chose where its own repository is, and organizers where all others are. */
  readonly #clients: { ours: Client; sources: Client };

  constructor(options: ImporterOptions, pace = leastPace) {
    const [, registry, path] = /^([^/]+)\/(.+)$/.exec(options.repository) ?? [];
    if (registry === undefined || path === undefined)
      throw new Error(`${options.repository} is no repository of a registry`);
    this.#options = options;
    this.#ours = { registry, path };
    this.#pace = pace;
    // A platform whose own repository is on this machine is all on one, and may have the images of competitions there too.
    const isLocal = isLoopback(registry);
    const sources = new Client((address) => isPublicAddress(address) || (isLocal && isLoopbackAddress(address)));
    this.#clients = { ours: new Client(() => true), sources };
  }

  /**
   * An image as we have it, imported if need be. Its source is asked for a digest at most when we have it. Throws
   * `StepFailure` IMAGE_NOT_FOUND, IMAGE_TOO_LARGE or IMAGE_PULL, or the signal's reason.
   */
  async ready(image: string, need: ImageNeed): Promise<ImportedImage> {
    const reference = parseReference(image);
    if (!reference) throw notFound(image, "this is not the name of an image");
    if (!isOnUsualPort(reference.registry))
      throw notFound(image, "images come from registries on port 443, and this one is on another");
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
    const source = this.#source(reference, need.signal);
    try {
      return await source.digestOf(version);
    } catch (error) {
      need.signal.throwIfAborted();
      const refused = error instanceof RefusedAddress || (error instanceof HttpError && mayPass(error) === false);
      const last = refused ? null : await fromOurs(image, ours.find(lastTag(reference)));
      if (last) {
        need.log.warn("image.stale", { image, digest: last.digest, error });
        return last;
      }
      if (!isRateLimit(error)) return fromSource(image, Promise.reject(error as Error));
      return this.#asLongAsAsked(reference, need, () => fromSource(image, source.digestOf(version)));
    }
  }

  /** A copy made now, or by whoever is making the same one. Who is asked to wait meanwhile is in nobody's way. */
  #copied(
    image: string,
    reference: Reference,
    digest: string,
    { signal, onWaiting, log }: ImageNeed,
  ): Promise<Manifest> {
    const copy = (stop: AbortSignal, onNews: (waiting: string) => void) => {
      const pace = new PaceKeeper(this.#pace);
      const once = async () => {
        onNews("importing image");
        while (!this.#slots.take()) await unlessAborted(this.#slots.change(), stop);
        try {
          return await pace.during(image, stop, (until) =>
            this.#copy(image, reference, digest, { signal: until, log, pace }),
          );
        } finally {
          this.#slots.give();
        }
      };
      return this.#asLongAsAsked(reference, { signal: stop, onWaiting: onNews }, once);
    };
    return this.#copies.join(copyTag(digest), copy, { signal, onNews: onWaiting });
  }

  async #copy(
    image: string,
    reference: Reference,
    digest: string,
    { signal, log, pace }: { signal: AbortSignal; log: Log; pace: PaceKeeper },
  ): Promise<Manifest> {
    const startedAt = performance.now();
    const [source, ours] = [this.#source(reference, signal), this.#repository(signal)];
    const onBytes = (bytes: number) => pace.came(bytes);
    const manifest = await copyImage(digest, copyTag(digest), {
      image,
      source,
      ours,
      maxBytes: this.#options.maxBytes,
      onBytes,
      signal,
    });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    log.info("image.imported", { image, from: digest, ...(await this.#describe(image, manifest, ours)), seconds });
    return manifest;
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
    return this.#patient({ ...this.#ours, client: this.#clients.ours, login: this.#options.login, signal }, mayPass);
  }

  #source(reference: Reference, signal: AbortSignal): Repository {
    return this.#patient(
      { ...reference, client: this.#clients.sources, signal },
      (error) => !isRateLimit(error) && mayPass(error),
    );
  }

  #patient(options: Omit<RepositoryOptions, "patiently">, again: (error: unknown) => boolean | number): Repository {
    const patiently = <T>(work: () => Promise<T>) => retry(work, { forMs: patienceMs, again, signal: options.signal });
    return new Repository({ ...options, patiently });
  }

  /** Does something again when an image's registry asks to wait, as long as it asks to. */
  #asLongAsAsked<T>(
    reference: Reference,
    { signal, onWaiting }: Pick<ImageNeed, "signal" | "onWaiting">,
    work: () => Promise<T>,
  ): Promise<T> {
    return retry(work, {
      forMs: rateLimitPatienceMs,
      again: (error) => error instanceof RateLimited && error.pauseMs,
      onRetry: () => onWaiting(`importing image: ${registryLabel(reference)} asks to wait`),
      signal,
    });
  }
}
