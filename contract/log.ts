/** The logs of the platform and of workers. Each line is JSON: the name of an event from a table, and its fields. */

export type Level = "info" | "warn" | "error";

/** Kinds of fields. Logs must not contain free text, tokens, signed URLs, or the input or output of programs. */
interface Kinds {
  /** An id, a name, or a word of a short list. */
  text: string;
  texts: readonly string[];
  number: number;
  numbers: readonly number[];
  flag: boolean;
  /** A thrown value. Its message is logged. */
  error: unknown;
}
type Kind = keyof Kinds;

/** An event that may be logged. */
export interface LogEvent {
  level: Level;
  /** What happened, in one sentence. */
  means: string;
  /** The fields of its line. Those with a question mark may be missing. */
  fields: Record<string, Kind | `${Kind}?`>;
}
type Table = Record<string, LogEvent>;

/** Fields that `with` adds to all lines of a log. */
export interface Bound {
  /** Id of the request that caused the event, which its answer contains as `X-Request-Id`. */
  correlationId?: string | null;
  /** Id of the invocation of a Lambda function, for its own lines and for AWS. */
  functionRequestId?: string;
  job?: string;
  attempt?: string;
  step?: string;
  /** Number of the launch of a step as an ECS task. */
  launch?: number;
}

type Optional<Fields> = { [Name in keyof Fields]: Fields[Name] extends `${string}?` ? Name : never }[keyof Fields];
type Value<K> = K extends `${infer Named extends Kind}?` ? Kinds[Named] | null : K extends Kind ? Kinds[K] : never;
type FieldsOf<Fields> = { [Name in Exclude<keyof Fields, Optional<Fields>>]: Value<Fields[Name]> } & {
  [Name in Optional<Fields>]?: Value<Fields[Name]> | undefined;
};
type NamesAt<Events extends Table, At extends Level> = {
  [Name in keyof Events]: Events[Name]["level"] extends At ? Name : never;
}[keyof Events];
type Arguments<Fields> = Record<never, never> extends FieldsOf<Fields> ? [FieldsOf<Fields>?] : [FieldsOf<Fields>];

/** A log for the events of a table. Other names, levels and fields do not compile. */
export type Log<Events extends Table> = {
  [At in Level]: <Name extends NamesAt<Events, At>>(event: Name, ...fields: Arguments<Events[Name]["fields"]>) => void;
} & {
  /** Returns this log with fields added to all lines. Null or missing fields keep their earlier values. */
  with(bound: Bound): Log<Events>;
};

/** Creates a log that passes its lines to `write`. `describe` turns an error into fields. */
export function logOver<Events extends Table>(
  write: (level: Level, event: string, fields: Record<string, unknown>) => void,
  describe: (error: unknown) => Record<string, string>,
  bound: Bound = {},
): Log<Events> {
  const at =
    (level: Level) =>
    (event: PropertyKey, { error, ...fields }: Record<string, unknown> = {}) => {
      const thrown = error === undefined || error === null ? {} : describe(error);
      write(level, String(event), { ...bound, ...present(fields), ...thrown });
    };
  return {
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (more) => logOver(write, describe, { ...bound, ...present(more) }),
  };
}

/** The fields that have a value. */
const present = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as Fields;

/** The message of any thrown value, without the queries of URLs, which may contain signatures. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return withoutQueries(String(error));
  // The error of fetch says only "fetch failed"; its cause says why.
  const { message, cause } = error;
  const isKnown = !(cause instanceof Error) || message.includes(cause.message);
  return withoutQueries(isKnown ? message : `${message}: ${cause.message}`);
}

/** Removes the queries of the URLs in a text. */
export const withoutQueries = (text: string): string => text.replaceAll(/(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/g, "$1");
