import { logOver, messageOf, type Log as LogOf } from "../contract/log.ts";
import type { workerEvents } from "./log-events.ts";

export type Log = LogOf<typeof workerEvents>;

/** A log that writes one line of JSON for each event. */
export const jsonLog = (write: (line: string) => void): Log =>
  logOver(
    (level, event, fields) => write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`),
    (error) => ({ error: messageOf(error) }),
  );
