/** The command line is invalid. The message says why. */
export class UsageError extends Error {}

/** What a person named does not exist. The message says so, and `code` is a stable word for programs. */
export class NotFound extends Error {
  readonly code: string;

  /** `what` was not found, for example a phase. */
  constructor(what: string, message: string) {
    super(message);
    this.code = `NO_SUCH_${what.toUpperCase()}`;
  }
}

/** Nobody is logged in. The message says what to do. */
export class NotLoggedIn extends Error {}

/** Exit codes of all commands. */
export const exitCodes = {
  done: 0,
  /** A negative result, for example a bundle with errors or a failed submission, or a file that cannot be read. */
  failed: 1,
  usage: 2,
  /** Not logged in, not allowed, or not found. */
  refused: 3,
  /** The platform could not be reached or failed. Trying again later may help. */
  unavailable: 4,
  /** Ctrl-C, as shells expect it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The parsed command line. */
export interface Arguments {
  /** Positional arguments, in the order of `parameters`. Optional ones may be missing. */
  words: string[];
  text: (option: string) => string | undefined;
  flag: (option: string) => boolean;
  json: boolean;
}

export interface Command {
  /** Names of the positional arguments, in order. Those in brackets are optional and come last. */
  parameters: string[];
  /** Options besides `--json`, without dashes: `flag`, or the name of the option's value. */
  options?: Record<string, "flag" | Uppercase<string>>;
  /** Help text. The first line is a summary and appears in the list of commands. */
  about: string;
  /** For commands that destroy something: the question to answer before, unless `--yes` is given. Null: these words destroy nothing. */
  question?: (words: string[]) => string | null;
  /** Returns the exit code. */
  run: (given: Arguments) => Promise<ExitCode>;
}

/** The kinds of `run --launcher`. */
export const launchers = ["auto", "docker", "sandbox"] as const;

/** The option of all commands whose changes appear in an audit trail. */
export const reasonOption = { reason: "TEXT" } as const;

/** Splits a list with commas, and drops spaces and empty entries. */
export const wordsIn = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

/** Parses ids with commas between them. `what` names them in errors. Throws `UsageError`. */
export const idsOf = (what: string, text: string): number[] => wordsIn(text).map((word) => idOf(what, word));

/** Reads two opposite flags; undefined when neither was given. Throws `UsageError` when both were given. */
export function either({ flag }: Arguments, yes: string, no: string): boolean | undefined {
  if (flag(yes) && flag(no)) throw new UsageError(`Give --${yes} or --${no}, not both.`);
  return flag(yes) ? true : flag(no) ? false : undefined;
}

/** Parses an id. `what` names it in errors. Throws `UsageError`. */
export function idOf(what: string, word: string): number {
  if (!/^\d{1,10}$/.test(word)) throw new UsageError(`${what} must be a number, not "${word}".`);
  return Number(word);
}

/** Parses a time in UTC, such as `2030-01-31 13:30` or `2030-01-31`; undefined if the option was not given. Throws `UsageError`. */
export function timeOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, day, time = "00:00"] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d))?Z?$/.exec(text) ?? [];
  const at = new Date(`${day}T${time}Z`);
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`--${option} must be a time in UTC, such as "2030-01-31 13:30".`);
  return at.toISOString();
}

/** Parses the value of an option that is a number or `none`; undefined if the option was not given. Throws `UsageError`. */
export function limitOf(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return null;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`--${option} must be a number or none.`);
  return Number(text);
}
