import { StepFailure } from "../failure.ts";
import { HttpError } from "../http.ts";
import { messageOf } from "../log.ts";
import { CorruptContent } from "./repository.ts";

export const isRateLimit = (error: unknown): error is HttpError => error instanceof HttpError && error.status === 429;

export const notFound = (image: string, why: string): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} was not found: ${why}. Check its name, and that it may be pulled without a login.`,
  );

/** Has what goes wrong with an image's own registry told by the name of the image. */
export async function fromSource<T>(image: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    if (error instanceof HttpError && [401, 403, 404].includes(error.status))
      throw notFound(image, `its registry answered HTTP ${error.status}`);
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
