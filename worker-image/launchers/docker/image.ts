import type Docker from "dockerode";
import { StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import { retry } from "../../retry.ts";
import { notFound } from "../../registry/image-failures.ts";
import { parseReference } from "../../../lambdas/jobs/rules/image-reference.ts";
import { whileAnswering } from "./engine.ts";
import { engineFailure, engineMessage, engineStatus } from "./errors.ts";
import type { ImageCache } from "./image-cache.ts";
import { pullFailure } from "./pull-failure.ts";
import type { RegistryCheck } from "./registry-check.ts";
import { loginFor, type RegistryLogin } from "./registry-login.ts";

export type PullPolicy = "missing" | "always";

/** How long a pull is retried: about four quick tries. The platform retries the whole attempt after longer pauses. */
const maxPullRetryMs = 3_000;

/** Pulls images into the engine, each once, however many attempts need it at the same time. */
export class Images {
  readonly #engine: Docker;
  readonly #policy: PullPolicy;
  readonly #cache: ImageCache;
  readonly #check: RegistryCheck;
  readonly #pulling = new Map<string, Promise<void>>();

  constructor(engine: Docker, policy: PullPolicy, cache: ImageCache, check: RegistryCheck) {
    this.#engine = engine;
    this.#policy = policy;
    this.#cache = cache;
    this.#check = check;
  }

  /**
   * Returns when the engine has the image. A local image is used when its registry is unreachable or does not know it,
   * so that an outage of a registry stops nobody. The image stays until the attempt releases it. Throws `StepFailure`
   * IMAGE_NOT_FOUND or IMAGE_PULL.
   */
  async require(image: string, attempt: string, log: Log): Promise<void> {
    if (parseReference(image) === null) throw notFound(image, "this is not a valid image name");
    await this.#cache.use(image, attempt);
    const isLocal = await this.#isHere(image);
    if (isLocal && this.#policy === "missing") return;
    try {
      await this.#pullOnce(image, isLocal, log);
    } catch (error) {
      if (!isLocal) throw error;
      log.warn("image.stale", { image, error });
    }
  }

  async #isHere(image: string): Promise<boolean> {
    try {
      await this.#engine.getImage(image).inspect();
      return true;
    } catch (error) {
      if (engineStatus(error) === 404) return false;
      throw engineFailure("looking for an image", error);
    }
  }

  #pullOnce(image: string, isLocal: boolean, log: Log): Promise<void> {
    const running = this.#pulling.get(image);
    if (running) return running;
    const pull = this.#pullIfAllowed(image, log)
      .then(() => this.#cache.added(image, !isLocal))
      .finally(() => this.#pulling.delete(image));
    this.#pulling.set(image, pull);
    return pull;
  }

  /** Throws `StepFailure`. */
  async #pullIfAllowed(image: string, log: Log): Promise<void> {
    const login = await storedLogin(image, log);
    await this.#check.requirePublic(image, login !== null, log);
    await retry(() => this.#pull(image, login), {
      forMs: maxPullRetryMs,
      again: (error) => error instanceof StepFailure && error.code === "IMAGE_PULL",
      onRetry: (error) =>
        log.warn("image.retried", { image, error: error instanceof StepFailure ? error.cause : error }),
    });
  }

  /** Throws `StepFailure`. */
  async #pull(image: string, login: RegistryLogin | null): Promise<void> {
    try {
      const authconfig = login === null ? {} : { authconfig: login };
      await whileAnswering(this.#engine, async (abortSignal) => {
        const progress = await this.#engine.createImage({ ...pullQuery(image), ...authconfig, abortSignal });
        await new Promise<void>((resolve, reject) => {
          // The engine answers 200 first and reports a failure in the last line of its progress.
          this.#engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
        });
      });
    } catch (error) {
      throw pullFailure(image, engineMessage(error), login !== null);
    }
  }
}

/** The login of this process's user for the image's registry. One that cannot be read counts as none. */
async function storedLogin(image: string, log: Log): Promise<RegistryLogin | null> {
  const registry = parseReference(image)?.registry;
  if (registry === undefined) return null;
  return loginFor(registry).catch((error: unknown) => {
    log.warn("login.unread", { registry, error });
    return null;
  });
}

/** Query parameters of a pull. Names the default tag, because without a tag the engine pulls all tags. */
export function pullQuery(image: string): { fromImage: string; tag?: string } {
  if (image.includes("@")) return { fromImage: image };
  const tagAt = image.lastIndexOf(":");
  // A colon before the last slash belongs to the registry's port.
  if (tagAt <= image.lastIndexOf("/")) return { fromImage: image, tag: "latest" };
  return { fromImage: image.slice(0, tagAt), tag: image.slice(tagAt + 1) };
}
