/** Which errors of the PostgreSQL client say that the server cannot work now, and that the same query may succeed later. */
import { isNetworkError } from "../outages/unavailable.ts";

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");

/** The client reports some broken connections without a code. */
const brokenConnection =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect)/;

/** Whether the server did not answer a query in time. */
export const isSilence = (error: unknown): boolean => error instanceof Error && error.message === "Query read timeout";

/**
 * Codes of PostgreSQL: 08 the connection broke, 57P shutting down, crashed, starting up or idle for too long, 53 no room for
 * connections, memory or data, 58030 the disk failed, 25006 read-only because another server took over.
 */
const outageCodes = /^(080\d\d|57P0[1-5]|53[0-3]00|58030|25006)$/;

/** Whether the server cannot work now. */
export const isOutage = (error: unknown): boolean =>
  isNetworkError(error) ||
  isSilence(error) ||
  outageCodes.test(codeOf(error)) ||
  (error instanceof Error && brokenConnection.test(error.message));

/** Whether the server at the other end of a connection will not work again: it stops, or another one has taken over. */
export const servesNoMore = (error: unknown): boolean => /^(080\d\d|57P0[1-5]|25006)$/.test(codeOf(error));
