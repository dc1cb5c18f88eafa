import { Logger, LogFormatter, LogItem } from "@aws-lambda-powertools/logger";
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types";
import { logOver, messageOf, withoutQueries, type Level, type Log } from "../../contract/log.ts";
import type { platformEvents } from "./log-events.ts";

export type PlatformLog = Log<typeof platformEvents>;

/** Writes one line of a log. The line has no newline at its end. */
type Writer = (level: Level, line: string) => void;

let log: PlatformLog | undefined;

/** The log of this process, created on first use. */
export const processLog = (): PlatformLog => (log ??= openLog());

/** Sends the log of this process to `write` instead of standard output. Call it before anything is logged. */
export function writeLogTo(write: Writer): void {
  log = openLog(write);
}

function openLog(write?: Writer): PlatformLog {
  const logger = new EventLogger(write);
  return logOver(
    (level, event, fields) => logger[level](event, fields),
    (error) => ({ error: messageOf(error), stack: stackOf(error) }),
  );
}

/** The stack of an error and of its cause. */
const stackOf = (error: unknown): string =>
  error instanceof Error
    ? withoutQueries([error.stack, ...(error.cause instanceof Error ? [error.cause.stack] : [])].join("\ncaused by "))
    : "";

class EventLogger extends Logger {
  readonly #write: Writer | undefined;

  constructor(write: Writer | undefined) {
    super({ logFormatter: new EventFormatter() });
    this.#write = write;
  }

  protected override printLog(logLevel: number, item: LogItem): void {
    if (!this.#write) return super.printLog(logLevel, item);
    item.prepareForPrint();
    const fields = item.getAttributes();
    this.#write(fields["level"] as Level, JSON.stringify(fields));
  }
}

/** Formats lines like those of workers, without the function's details from Powertools, which Lambda logs itself. */
class EventFormatter extends LogFormatter {
  override formatAttributes({ timestamp, logLevel, message }: UnformattedAttributes, fields: LogAttributes): LogItem {
    const head = { time: timestamp.toISOString(), level: logLevel.toLowerCase(), event: message };
    return new LogItem({ attributes: { ...head, ...fields } });
  }
}
