/** The kind of a refusal. Each has its own HTTP status. */
export type RefusalKind =
  | "invalid"
  | "unauthenticated"
  | "unknown-worker"
  | "forbidden"
  | "not-found"
  | "method"
  | "conflict"
  | "too-large"
  | "too-many"
  | "unavailable";

/**
 * A refused request, with a stable code for programs and a sentence that tells a person what to do. All other errors are
 * defects of the platform, and answers do not show their text.
 */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  /** Stable code in capitals, for programs. */
  readonly code: string;
  /** Problems with single fields of the request, by field name. */
  readonly fields: Record<string, string[]>;
  /** When trying again makes sense, if it is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: RefusalKind,
    code: string,
    message: string,
    fields: Record<string, string[]> = {},
    retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = "Refusal";
    this.kind = kind;
    this.code = code;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Refuses a request because only certain people, named in `who`, may make it. */
export const notAllowed = (who: string): Refusal => new Refusal("forbidden", "NOT_ALLOWED", `Only ${who} may do this.`);

/** Refuses a request because nobody is logged in. */
export const notLoggedIn = (): Refusal =>
  new Refusal("unauthenticated", "NOT_LOGGED_IN", "Authentication credentials were not provided.");

/** Waits for the lookup of something that a field names. If it is not found, the refusal names the field. */
export async function namedIn<Found>(field: string, lookUp: Promise<Found>): Promise<Found> {
  try {
    return await lookUp;
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== "not-found") throw error;
    throw new Refusal("invalid", error.code, error.message, { [field]: [error.message] });
  }
}
