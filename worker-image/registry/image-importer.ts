import { registryName } from "../../contract/registry-login.ts";
import type { RegistryLogin } from "../../contract/registry-login.ts";
import { parseReference, type Reference } from "../../lambdas/jobs/rules/image-reference.ts";
import { unlessAborted } from "../failure.ts";
import { HttpError } from "../http.ts";
import type { Log } from "../log.ts";
import { retry } from "../retry.ts";
import { Slots } from "../slots.ts";
import { isLoopbackAddress, isPublicAddress } from "./addresses.ts";
import type { Login } from "./authorization.ts";
import { RegistryClient, RefusedAddress } from "./client.ts";
import { putWithoutEntryPoint } from "./bare-image.ts";
import { copyImage } from "./copy.ts";
import { fromOurs, fromSource, isRateLimit, notFound, RateLimited } from "./image-failures.ts";
import { configSchema, imageBytes, imageSchema, jsonOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { minPace, PaceKeeper } from "./pace.ts";
import type { Pace } from "./pace.ts";
import { copyTag, isLoopback, isOnUsualPort, isPinned, lastTag, registryLabel } from "./reference.ts";
import { isRetryable, Repository } from "./repository.ts";
import type { RepositoryOptions } from "./repository.ts";
import { SharedWork } from "./shared-work.ts";

/** How long requests to registries are retried. The platform retries the whole attempt after longer pauses. */
const maxRetryMs = 10_000;
const maxRateLimitMs = 6 * 60 * 60_000;
/** Images that are copied at the same time; further ones wait. */
const maxConcurrentImages = 2;

/** What is needed to run an image behind the wrapper. */
export interface ImportedImage {
  /** Reference of our copy by digest, so that a moved tag has no effect on a running step. */
  pinned: string;
  digest: string;
  entryPoint: string[];
  /** The image's user: a name or number, optionally with a group; "" is root. */
  user: string;
  architecture: string;
  /** Compressed size. */
  bytes: number;
}

export interface ImageNeed {
  signal: AbortSignal;
  /** Called with the reason for waiting, in a few words for people. */
  onWaiting: (waiting: string) => void;
  /** Looks up the access that the queue of the job has to a registry; null without one. */
  access: (registry: string) => Promise<RegistryAccess | null>;
  log: Log;
}

/** The login of a queue for a registry. */
export interface RegistryAccess {
  queue: string;
  login: RegistryLogin;
}

export interface ImporterOptions {
  /** The platform's own repository: `host/path`. */
  repository: string;
  /** The one for images that were pulled with a login. In the same registry. */
  privateRepository: string;
  login: Login;
  maxBytes: number;
}

/** An image that a job needs, and where its copy is kept. */
interface Wanted {
  image: string;
  reference: Reference;
  /** Null for an image that is pulled without a login. */
  access: RegistryAccess | null;
  /** `host/path`. */
  repository: string;
}

const queueOf = ({ access }: Wanted): string | null => access?.queue ?? null;

/**
 * Copies images of any registry into the platform's own repositories, each digest once. All state is in these: a copy is
 * tagged with the digest of its source, and with the last reference that resolved to it. Images that are pulled with a
 * login have a repository of their own, in which each queue has its own copies and finds no others.
 */
export class ImageImporter {
  readonly #options: ImporterOptions;
  readonly #pace: Pace;
  readonly #slots = new Slots(maxConcurrentImages);
  readonly #copies = new SharedWork<Manifest, string>();
  /**
   * `ours` may reach every address, because the platform configures it. `sources` may not, because organizers choose
   * them.
   */
  readonly #clients: { ours: RegistryClient; sources: RegistryClient };

  constructor(options: ImporterOptions, pace = minPace) {
    const { registry } = placeOf(options.repository);
    this.#options = options;
    this.#pace = pace;
    // When the platform's repository is on this machine, the whole platform is, and competitions may use images of this
    // machine too.
    const isLocal = isLoopback(registry);
    const sources = new RegistryClient(
      (address) => isPublicAddress(address) || (isLocal && isLoopbackAddress(address)),
    );
    this.#clients = { ours: new RegistryClient(() => true), sources };
  }

  /**
   * Returns our copy of an image, and imports it first if needed. When we have a copy, the source is asked only for a
   * digest. Throws `StepFailure` IMAGE_NOT_FOUND, IMAGE_TOO_LARGE or IMAGE_PULL, or the signal's reason.
   */
  async ready(image: string, need: ImageNeed): Promise<ImportedImage> {
    const reference = parseReference(image);
    if (!reference) throw notFound(image, "this is not a valid image name");
    if (!isOnUsualPort(reference.registry)) throw notFound(image, "its registry must use port 443");
    try {
      const access = await need.access(registryName(reference.registry));
      const { repository, privateRepository } = this.#options;
      return await this.#ready({ image, reference, access, repository: access ? privateRepository : repository }, need);
    } catch (error) {
      need.signal.throwIfAborted();
      throw error;
    }
  }

  async #ready(wanted: Wanted, need: ImageNeed): Promise<ImportedImage> {
    const { image, reference } = wanted;
    const ours = this.#ours(wanted, need.signal);
    const named = await this.#digest(wanted, ours, need);
    if (typeof named !== "string") return this.#describe(wanted, named, ours);
    const copy =
      (await fromOurs(image, ours.find(copyTag(named, queueOf(wanted))))) ?? (await this.#copied(wanted, named, need));
    if (!isPinned(reference)) {
      const tag = lastTag(reference, queueOf(wanted));
      const last = await fromOurs(image, ours.find(tag));
      if (last?.digest !== copy.digest) await fromOurs(image, ours.putManifest(tag, copy));
    }
    return this.#describe(wanted, copy, ours);
  }

  /**
   * Resolves a reference to a digest. When its registry cannot be asked, returns the copy to which the reference
   * resolved last.
   */
  async #digest(wanted: Wanted, ours: Repository, need: ImageNeed): Promise<string | Manifest> {
    const { image, reference } = wanted;
    const { version } = reference;
    if (isPinned(reference)) return version;
    const source = this.#source(wanted, need.signal);
    try {
      return await source.digestOf(version);
    } catch (error) {
      need.signal.throwIfAborted();
      const refused = error instanceof RefusedAddress || (error instanceof HttpError && isRetryable(error) === false);
      const last = refused ? null : await fromOurs(image, ours.find(lastTag(reference, queueOf(wanted))));
      if (last) {
        need.log.warn("image.stale", { image, digest: last.digest, error });
        return last;
      }
      if (!isRateLimit(error)) return fromSource(image, Promise.reject(error as Error));
      return this.#waitingForRateLimit(reference, need, () => fromSource(image, source.digestOf(version)));
    }
  }

  /** Copies an image, or joins a copy in progress. A copy that waits for a rate limit takes no slot. */
  #copied(wanted: Wanted, digest: string, { signal, onWaiting, log }: ImageNeed): Promise<Manifest> {
    const { image, reference, access } = wanted;
    const copy = (stop: AbortSignal, onNews: (waiting: string) => void) => {
      const pace = new PaceKeeper(this.#pace);
      const sent = access && new Set<string>();
      const once = async () => {
        onNews("importing image");
        while (!this.#slots.take()) await unlessAborted(this.#slots.change(), stop);
        try {
          return await pace.during(image, stop, (until) =>
            this.#copy(wanted, digest, { signal: until, log, pace, sent }),
          );
        } finally {
          this.#slots.give();
        }
      };
      return this.#waitingForRateLimit(reference, { signal: stop, onWaiting: onNews }, once);
    };
    return this.#copies.join(copyTag(digest, queueOf(wanted)), copy, { signal, onNews: onWaiting });
  }

  async #copy(
    wanted: Wanted,
    digest: string,
    { signal, log, pace, sent }: { signal: AbortSignal; log: Log; pace: PaceKeeper; sent: Set<string> | null },
  ): Promise<Manifest> {
    const startedAt = performance.now();
    const { image } = wanted;
    const ours = this.#ours(wanted, signal);
    const manifest = await copyImage(digest, copyTag(digest, queueOf(wanted)), {
      image,
      source: this.#source(wanted, signal),
      ours,
      maxBytes: this.#options.maxBytes,
      onBytes: (bytes) => pace.received(bytes),
      sent,
      signal,
    });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    log.info("image.imported", { image, from: digest, ...(await this.#describe(wanted, manifest, ours)), seconds });
    return manifest;
  }

  async #describe(
    { image, repository }: Wanted,
    { bytes, digest }: Manifest,
    ours: Repository,
  ): Promise<ImportedImage> {
    const manifest = imageSchema.parse(jsonOf(bytes));
    const { architecture, config } = configSchema.parse(jsonOf(await fromOurs(image, ours.document(manifest.config))));
    return {
      pinned: `${repository}@${digest}`,
      digest,
      entryPoint: config?.Entrypoint ?? [],
      user: config?.User ?? "",
      architecture,
      bytes: imageBytes(manifest),
    };
  }

  /**
   * Returns the reference of a copy of an imported image without its entry point, for engines that cannot replace one. It has the
   * same layers. Throws `StepFailure` IMAGE_PULL, or the signal's reason.
   */
  async withoutEntryPoint({ pinned, digest, entryPoint }: ImportedImage, signal: AbortSignal): Promise<string> {
    if (entryPoint.length === 0) return pinned;
    const repository = pinned.slice(0, pinned.lastIndexOf("@"));
    const bare = await fromOurs(pinned, putWithoutEntryPoint(digest, this.#ours({ repository }, signal)));
    return `${repository}@${bare}`;
  }

  #ours({ repository }: Pick<Wanted, "repository">, signal: AbortSignal): Repository {
    const { login } = this.#options;
    return this.#patient({ ...placeOf(repository), client: this.#clients.ours, login, signal }, isRetryable);
  }

  #source({ reference, access }: Wanted, signal: AbortSignal): Repository {
    return this.#patient(
      { ...reference, client: this.#clients.sources, ...(access && { account: access.login }), signal },
      (error) => !isRateLimit(error) && isRetryable(error),
    );
  }

  #patient(options: Omit<RepositoryOptions, "patiently">, again: (error: unknown) => boolean | number): Repository {
    const patiently = <T>(work: () => Promise<T>) => retry(work, { forMs: maxRetryMs, again, signal: options.signal });
    return new Repository({ ...options, patiently });
  }

  /** Repeats `work` as long as the image's registry asks to wait. */
  #waitingForRateLimit<T>(
    reference: Reference,
    { signal, onWaiting }: Pick<ImageNeed, "signal" | "onWaiting">,
    work: () => Promise<T>,
  ): Promise<T> {
    return retry(work, {
      forMs: maxRateLimitMs,
      again: (error) => error instanceof RateLimited && error.pauseMs,
      onRetry: () => onWaiting(`importing image: ${registryLabel(reference)} asks to wait`),
      signal,
    });
  }
}

/** The registry and the path of a repository: `host/path`. */
function placeOf(repository: string): Pick<Reference, "registry" | "path"> {
  const [, registry, path] = /^([^/]+)\/(.+)$/.exec(repository) ?? [];
  if (registry === undefined || path === undefined) throw new Error(`${repository} is not a repository of a registry`);
  return { registry, path };
}
