/** Fields of a log line. Never put signed URLs, tokens or a program's data into them. */
export type LogFacts = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
}

/** A log that writes one line of JSON for each event. */
export function jsonLog(write: (line: string) => void): Log {
  const at =
    (level: string) =>
    (message: string, facts: LogFacts = {}) =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...facts })}\n`);
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/** The message of anything that was thrown, for log lines and failures. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // `fetch` says only "fetch failed"; its cause says why.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
