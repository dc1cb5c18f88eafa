import { ApiError, NotAPlatform } from "../client/api-error.ts";
import { exitCodes, NotFound, NotLoggedIn, UsageError, type ExitCode } from "./command.ts";
import { Interrupted, interrupted } from "./interruption.ts";
import { systemSentence } from "./system-errors.ts";

/** An error as people and programs get to see it. */
export interface Failure {
  /** A stable word for programs. */
  code: string;
  /** A sentence for people. */
  message: string;
  /** The sentence with what only people need, if that is more. */
  shown?: string;
  exitCode: ExitCode;
}

/** Codes of refusals after which a new login helps. */
const loginNeeded = new Set(["NOT_LOGGED_IN", "BAD_TOKEN", "TOKEN_EXPIRED"]);

/** Why no connection was made, as a whole sentence. */
const connectionReasons: Record<string, string> = {
  ECONNREFUSED: "Nothing answers at its address and port.",
  ENOTFOUND: "There is no host with its name.",
  EAI_AGAIN: "Its name cannot be looked up now.",
  ECONNRESET: "The connection was broken.",
  UND_ERR_SOCKET: "The connection was broken.",
  UND_ERR_CONNECT_TIMEOUT: "It did not answer in time.",
  UND_ERR_HEADERS_TIMEOUT: "It did not answer in time.",
  ETIMEDOUT: "It did not answer in time.",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "Its certificate is not trusted. NODE_EXTRA_CA_CERTS can name a file with its certificate.",
  "bad port": "Its port is reserved for something other than http.",
  ERR_SSL_WRONG_VERSION_NUMBER: "It does not speak https. Try http.",
};

/** Explains an error: its code, a sentence, and the exit code of the command. */
export function explain(error: unknown): Failure {
  const { message, cause } = error as Error;
  const { code: systemCode } = error as NodeJS.ErrnoException;
  if (error instanceof Interrupted || interrupted.aborted)
    return {
      code: "INTERRUPTED",
      message: error instanceof Interrupted ? message : "Interrupted.",
      exitCode: exitCodes.interrupted,
    };
  if (error instanceof UsageError) return { code: "USAGE", message, exitCode: exitCodes.usage };
  if (error instanceof NotFound) return { code: error.code, message, exitCode: exitCodes.refused };
  if (error instanceof NotLoggedIn) return { code: "NOT_LOGGED_IN", message, exitCode: exitCodes.refused };
  if (error instanceof NotAPlatform) return { code: "NOT_A_PLATFORM", message, exitCode: exitCodes.unavailable };
  if (error instanceof ApiError)
    return {
      code: error.code ?? `HTTP_${error.status}`,
      message,
      shown:
        (error.code === null ? message : `${message} (${error.code})`) +
        (loginNeeded.has(error.code ?? "") ? "\nLog in again with `benchstack login URL`." : ""),
      exitCode: error.status >= 500 || error.status === 429 ? exitCodes.unavailable : exitCodes.refused,
    };
  if (error instanceof TypeError && message === "fetch failed") {
    const { code = "", message: detail = message } = (cause ?? {}) as NodeJS.ErrnoException;
    return {
      code: "UNREACHABLE",
      message: `The platform cannot be reached. ${connectionReasons[code || detail] ?? `The reason: ${detail}.`}`,
      exitCode: exitCodes.unavailable,
    };
  }
  return { code: systemCode || "FAILED", message: systemSentence(error) ?? message, exitCode: exitCodes.failed };
}
