/** What the platform needs for every request, in the words of its answers. */
export type Service = "database" | "object store" | "message queue";

/**
 * A service did not answer, or answered that it cannot work now: it restarts, fails over, or has no room for more requests. The
 * same request may succeed in a moment. `cause` is the error of its client.
 */
export class Unavailable extends Error {
  readonly service: Service;

  constructor(service: Service, cause: unknown) {
    super(`The ${service} cannot be reached: ${reasonOf(cause)}`, { cause });
    this.name = "Unavailable";
    this.service = service;
  }
}

/** Node reports a host with several addresses as one error without a text, with an error for each address inside. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || (code ?? "unknown error");
}

/** Codes of Node and of name servers for a connection that could not be made, broke, or stayed silent. */
const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** Whether a connection could not be made, broke, or stayed silent. */
export const isNetworkError = (error: unknown): boolean =>
  error instanceof Error && networkCodes.has((error as NodeJS.ErrnoException).code ?? "");
