import { HostFault, StepFailure } from "../../failure.ts";
import { messageOf } from "../../../contract/log.ts";
import { imageOrCommandFault, machineFault } from "../start-faults.ts";

/** HTTP status of the engine's answer; undefined when the engine did not answer. */
export function engineStatus(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** The engine's own message, without additions of the client library. For the log, and for patterns: people do not see it. */
export function engineMessage(error: unknown): string {
  const said = (error as { json?: { message?: unknown } } | null)?.json?.message;
  return (typeof said === "string" ? said : messageOf(error)).trim();
}

/** An error with the engine's own message, as the cause of a failure: the worker logs it. */
export const engineCause = (error: unknown): Error => new Error(engineMessage(error));

/** A failure of the engine that no program has caused. */
export function engineFailure(doing: string, error: unknown): HostFault {
  const fault = engineStatus(error) === undefined ? "it does not answer" : machineFault(engineMessage(error));
  const what = `The container engine of the worker failed while ${doing}: ${fault}.`;
  return new HostFault("WORKER_ERROR", what, { cause: engineCause(error) });
}

/** The request was too large for the engine. Only the command can be that long. */
const tooLarge: ReadonlySet<number | undefined> = new Set([413, 431]);

/** The failure when a container could not be started. */
export function startFailure(image: string, argv: string[], error: unknown): StepFailure {
  const status = engineStatus(error);
  const said = engineMessage(error);
  if (status === 404 && /no such image/i.test(said))
    return new StepFailure("IMAGE_PULL", `The image ${image} was removed from the engine before the program started.`);
  const fault =
    status === undefined ? null : tooLarge.has(status) ? "the command is too long" : imageOrCommandFault(said);
  if (fault === null) return engineFailure("starting the program", error);
  const message = `The image ${image} cannot start the command "${shown(argv)}": ${fault}.`;
  return new StepFailure("BAD_COMMAND", message, { cause: engineCause(error) });
}

/** In characters. */
const maxShownCommand = 500;

function shown(argv: string[]): string {
  const command = argv.join(" ");
  return command.length > maxShownCommand ? `${command.slice(0, maxShownCommand)}…` : command;
}
