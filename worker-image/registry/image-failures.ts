import { StepFailure } from "../failure.ts";
import { HttpError } from "../http.ts";
import { messageOf } from "../../contract/log.ts";
import { CorruptContent, RefusedAddress } from "./client.ts";

/** Used when a registry does not say how long to wait. */
const rateLimitPauseMs = 60_000;

/**
 * The registry limits pulls, and the worker has to wait for minutes or hours: Docker Hub counts pulls per six hours.
 */
export class RateLimited extends StepFailure {
  readonly pauseMs: number;

  constructor(image: string, cause: HttpError) {
    super("IMAGE_PULL", `The registry of the image ${image} ${whyOf(cause)}.`, { cause });
    this.pauseMs = cause.retryAfterMs || rateLimitPauseMs;
  }
}

export const isRateLimit = (error: unknown): error is HttpError => error instanceof HttpError && error.status === 429;

export const notFound = (image: string, why: string, options?: ErrorOptions): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} was not found: ${why}. Check the name, and that its registry has it.`,
    options,
  );

/**
 * The registry refuses the worker. Registries answer in the same way for a private image and for none, so that nobody
 * learns which private images there are. `why` ends the first sentence, `cure` is a sentence.
 */
export const loginNeeded = (image: string, why: string, cure: string, options?: ErrorOptions): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} cannot be pulled: its registry asks for a login, or has no such image${why}. ${cure}`,
    options,
  );

/** Answers to a request that the same request would get again. */
const lastingRefusals = [400, 404, 405, 410, 451];

/**
 * Converts errors of an image's own registry to failures that name the image. Throws `StepFailure`, including
 * `RateLimited`.
 */
export async function fromSource<T>(image: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    if (error instanceof HttpError && [401, 403].includes(error.status))
      throw loginNeeded(
        image,
        ` (HTTP ${error.status})`,
        "Check the name, and make the image public, or let the owner of the queue store a login that may pull it.",
      );
    if (error instanceof HttpError && lastingRefusals.includes(error.status))
      throw notFound(image, `its registry answered HTTP ${error.status}`);
    if (error instanceof RefusedAddress) throw notFound(image, error.message);
    if (isRateLimit(error)) throw new RateLimited(image, error);
    throw new StepFailure("IMAGE_PULL", `The registry of the image ${image} ${whyOf(error)}.`, { cause: error });
  }
}

/** Never contains the registry's own text, because an organizer chose the host. */
function whyOf(error: unknown): string {
  if (error instanceof CorruptContent) return `sends invalid content (${error.message})`;
  return error instanceof HttpError ? `answered HTTP ${error.status}` : `cannot be read: ${messageOf(error)}`;
}

/** Converts errors of the platform's own registry to failures that say so. Throws `StepFailure`. */
export async function fromOurs<T>(image: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    const message = `The platform's own registry failed for the image ${image}: ${messageOf(error)}. Tell the administrator.`;
    throw new StepFailure("IMAGE_PULL", message, { cause: error });
  }
}
