/** What platform and worker write into their logs: events of a table, each a line of JSON with a name and fields. */

export type Level = "info" | "warn" | "error";

/** Kinds of fields. None is for free text, a token, a URL with a signature or what a program reads or prints. */
interface Kinds {
  /** An id, a name, or a word of a short list. */
  text: string;
  texts: readonly string[];
  number: number;
  numbers: readonly number[];
  flag: boolean;
  /** What was thrown. Its message is logged. */
  error: unknown;
}
type Kind = keyof Kinds;

/** An event that a log may tell of. */
export interface LogEvent {
  level: Level;
  /** What has happened, in one sentence. */
  means: string;
  /** The fields of its line. Those with a question mark may be missing. */
  fields: Record<string, Kind | `${Kind}?`>;
}
type Table = Record<string, LogEvent>;

/** What all lines of a log have that was made with `with`. */
export interface Bound {
  /** Id of the request from which all of it follows: the `X-Request-Id` that somebody was answered. */
  correlationId?: string | null;
  /** Id of the invocation of a Lambda function, for its own lines and for AWS. */
  functionRequestId?: string;
  job?: string;
  attempt?: string;
  step?: string;
  /** Number of the launch of a step as a task. */
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

/** A log of the events of a table. Other names, levels and fields are errors of types. */
export type Log<Events extends Table> = {
  [At in Level]: <Name extends NamesAt<Events, At>>(event: Name, ...fields: Arguments<Events[Name]["fields"]>) => void;
} & {
  /** The same log, with fields that all its lines have. Those that are null or missing leave the ones of before. */
  with(bound: Bound): Log<Events>;
};

/** A log whose lines go to `write`, with their fields as they are to be printed. `describe` says what is printed of an error. */
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

/** The text of anything that was thrown. URLs in it lose their queries, which may be signatures. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return withoutQueries(String(error));
  // fetch says only "fetch failed"; what happened is in its cause.
  const message = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  return withoutQueries(message);
}

/** A text whose URLs have no query. */
export const withoutQueries = (text: string): string => text.replaceAll(/(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/g, "$1");
