/** What kind of no it is; each becomes one HTTP status. */
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
 * A request that is refused: a stable code for programs and a sentence a person can act on. Anything else that is
 * thrown is a defect of ours and is answered without its text.
 */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  /** Stable, in capitals: programs go by it. */
  readonly code: string;
  /** What is wrong with single fields of the request, by their names. */
  readonly fields: Record<string, string[]>;

  constructor(kind: RefusalKind, code: string, message: string, fields: Record<string, string[]> = {}) {
    super(message);
    this.name = "Refusal";
    this.kind = kind;
    this.code = code;
    this.fields = fields;
  }
}

/** Only certain people may do what the request asks for: `who` names them. */
export const notAllowed = (who: string): Refusal => new Refusal("forbidden", "NOT_ALLOWED", `Only ${who} may do this.`);

/** Waits for something that a field of a request names. When it is not to be found, that field is wrong. */
export async function namedIn<Found>(field: string, lookUp: Promise<Found>): Promise<Found> {
  try {
    return await lookUp;
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== "not-found") throw error;
    throw new Refusal("invalid", error.code, error.message, { [field]: [error.message] });
  }
}
