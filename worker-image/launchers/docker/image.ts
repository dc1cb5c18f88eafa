import type Docker from "dockerode";
import { StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import { retry } from "../../retry.ts";
import { engineMessage, engineStatus } from "./errors.ts";

export type PullPolicy = "missing" | "always";

/** How long a pull is retried: about four quick tries. The platform retries the whole attempt after longer pauses. */
const maxPullRetryMs = 3_000;

/** The grammar of image references: registry, path, tag, digest. */
const reference =
  /^([a-zA-Z0-9.-]+(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@[a-z0-9]+:[0-9a-f]{32,})?$/;

/** Messages of engines when the registry has no such image, or does not show it to this engine. */
const imageNotFound =
  /not found|manifest unknown|name unknown|no such image|repository does not exist|access denied|unauthorized|no matching manifest/i;

/** Pulls images into the engine, each once, however many attempts need it at the same time. */
export class Images {
  readonly #engine: Docker;
  readonly #policy: PullPolicy;
  readonly #pulling = new Map<string, Promise<void>>();

  constructor(engine: Docker, policy: PullPolicy) {
    this.#engine = engine;
    this.#policy = policy;
  }

  /**
   * Returns when the engine has the image. A local image is used when its registry is unreachable or does not know it,
   * so that an outage of a registry stops nobody. Throws `StepFailure` IMAGE_NOT_FOUND or IMAGE_PULL.
   */
  async require(image: string, log: Log): Promise<void> {
    if (!reference.test(image)) throw notFound(image, "this is not a valid image name");
    const isLocal = await this.#isHere(image);
    if (isLocal && this.#policy === "missing") return;
    try {
      await this.#pullOnce(image, log);
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
      throw new StepFailure(
        "IMAGE_PULL",
        `The container engine of this worker did not answer: ${engineMessage(error)}`,
      );
    }
  }

  #pullOnce(image: string, log: Log): Promise<void> {
    const running = this.#pulling.get(image);
    if (running) return running;
    const pull = retry(() => this.#pull(image), {
      forMs: maxPullRetryMs,
      again: (error) => !(error instanceof StepFailure),
      onRetry: (error) => log.warn("image.retried", { image, error: engineMessage(error) }),
    })
      .catch((error: unknown) => {
        if (error instanceof StepFailure) throw error;
        const message = `The image ${image} could not be pulled: ${engineMessage(error)}`;
        throw new StepFailure("IMAGE_PULL", message, { cause: error });
      })
      .finally(() => this.#pulling.delete(image));
    this.#pulling.set(image, pull);
    return pull;
  }

  async #pull(image: string): Promise<void> {
    try {
      const progress = await this.#engine.createImage(pullQuery(image));
      await new Promise<void>((resolve, reject) => {
        // The engine answers 200 first and reports a failure in the last line of its progress.
        this.#engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      if (imageNotFound.test(engineMessage(error))) throw notFound(image, engineMessage(error));
      throw error;
    }
  }
}

const notFound = (image: string, why: string): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} was not found: ${why}. Check the name, and that the image can be pulled without a login.`,
  );

/** Query parameters of a pull. Names the default tag, because without a tag the engine pulls all tags. */
export function pullQuery(image: string): { fromImage: string; tag?: string } {
  if (image.includes("@")) return { fromImage: image };
  const tagAt = image.lastIndexOf(":");
  // A colon before the last slash belongs to the registry's port.
  if (tagAt <= image.lastIndexOf("/")) return { fromImage: image, tag: "latest" };
  return { fromImage: image.slice(0, tagAt), tag: image.slice(tagAt + 1) };
}
