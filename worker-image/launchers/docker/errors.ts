import { StepFailure } from "../../failure.ts";
import { messageOf } from "../../../contract/log.ts";

/** HTTP status of the engine's answer; undefined when the engine did not answer. */
export function engineStatus(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** The engine's own message, without additions of the client library. */
export function engineMessage(error: unknown): string {
  const said = (error as { json?: { message?: unknown } } | null)?.json?.message;
  return (typeof said === "string" ? said : messageOf(error)).trim();
}

/** A failure of the engine that no program has caused. */
export function engineFailure(doing: string, error: unknown): StepFailure {
  const message = `The container engine of this worker failed while ${doing}: ${engineMessage(error)}`;
  return new StepFailure("WORKER_ERROR", message, { cause: error });
}

/**
 * The failure when a container could not be started. Status 4xx is about the image and the command, 5xx about the
 * engine.
 */
export function startFailure(image: string, argv: string[], error: unknown): StepFailure {
  const status = engineStatus(error);
  if (status === undefined || status >= 500) return engineFailure("starting the program", error);
  if (status === 404 && /no such image/i.test(engineMessage(error)))
    return new StepFailure("IMAGE_PULL", `The image ${image} was removed from the engine before the program started.`);
  const message = `The image ${image} cannot start the command "${argv.join(" ")}": ${engineMessage(error)}`;
  return new StepFailure("BAD_COMMAND", message, { cause: error });
}
