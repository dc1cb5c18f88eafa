import { StepFailure } from "../failure.ts";
import { HttpError } from "../http.ts";
import { messageOf } from "../../contract/log.ts";
import { CorruptContent, RefusedAddress } from "./client.ts";

/** Where a registry that asks to wait does not say how long. */
const rateLimitPauseMs = 60_000;

/** An image's registry asks to wait, which means minutes or hours: Docker Hub counts pulls by the six hours. */
export class RateLimited extends StepFailure {
  readonly pauseMs: number;

  constructor(image: string, cause: HttpError) {
    super("IMAGE_PULL", `The registry of the image ${image} ${whyOf(cause)}.`, { cause });
    this.pauseMs = cause.retryAfterMs || rateLimitPauseMs;
  }
}

export const isRateLimit = (error: unknown): error is HttpError => error instanceof HttpError && error.status === 429;

export const notFound = (image: string, why: string): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} was not found: ${why}. Check its name, and that it may be pulled without a login.`,
  );

/** Has what goes wrong with an image's own registry told by the name of the image. Throws `StepFailure`, as `RateLimited` too. */
export async function fromSource<T>(image: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    if (error instanceof HttpError && [401, 403, 404].includes(error.status))
      throw notFound(image, `its registry answered HTTP ${error.status}`);
    if (error instanceof RefusedAddress) throw notFound(image, error.message);
    if (isRateLimit(error)) throw new RateLimited(image, error);
    throw new StepFailure("IMAGE_PULL", `The registry of the image ${image} ${whyOf(error)}.`, { cause: error });
  }
}

/** Never what a registry wrote: an organizer chose which host was asked. */
function whyOf(error: unknown): string {
  if (error instanceof CorruptContent) return `sends what it does not announce (${error.message})`;
  return error instanceof HttpError ? `answered HTTP ${error.status}` : `cannot be read: ${messageOf(error)}`;
}

/** Has what goes wrong with the platform's own registry told as that. */
export async function fromOurs<T>(image: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    const message = `The image ${image} cannot be had from the platform's own registry: ${messageOf(error)}. Tell the administrator.`;
    throw new StepFailure("IMAGE_PULL", message, { cause: error });
  }
}
