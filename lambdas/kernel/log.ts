import { Logger, LogFormatter, LogItem } from "@aws-lambda-powertools/logger";
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types";
import { logOver, messageOf, withoutQueries, type Level, type Log } from "../../contract/log.ts";
import type { platformEvents } from "./log-events.ts";

export type PlatformLog = Log<typeof platformEvents>;

/** Takes a line of a log, without the end of the line. */
type Writer = (level: Level, line: string) => void;

let log: PlatformLog | undefined;

/** The log of this process, made on first use. */
export const processLog = (): PlatformLog => (log ??= openLog());

/** Has the log of this process written here from now on, instead of to standard output. Call it before anything is logged. */
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

/** Where an error was thrown, and where its cause was. */
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

/** Lines of the same form as a worker's. What Powertools adds about the function is on the lines that Lambda itself writes. */
class EventFormatter extends LogFormatter {
  override formatAttributes({ timestamp, logLevel, message }: UnformattedAttributes, fields: LogAttributes): LogItem {
    const head = { time: timestamp.toISOString(), level: logLevel.toLowerCase(), event: message };
    return new LogItem({ attributes: { ...head, ...fields } });
  }
}
