/** An HTTP answer that is not a success. Its message is safe to show: no URL, since those carry signatures. */
export class HttpError extends Error {
  readonly status: number;
  /** Stable code of the platform's API; null from anything else. */
  readonly code: string | null;
  /** What a Retry-After header asked for. */
  readonly retryAfterMs: number;

  /** `body` is what came with the answer, `retryAfter` the header of that name. */
  constructor(status: number, body: string, retryAfter: string | null) {
    const { code, detail } = parseProblem(body);
    super(detail ?? `the server answered HTTP ${status}`);
    this.status = status;
    this.code = code;
    const seconds = Number(retryAfter ?? 0);
    this.retryAfterMs = seconds > 0 && seconds < Infinity ? seconds * 1000 : 0;
  }
}

/** The form of the platform's own errors: `{code, detail, request_id}`. */
function parseProblem(body: string): { code: string | null; detail: string | null } {
  try {
    const { code, detail } = JSON.parse(body) as Record<string, unknown>;
    return { code: typeof code === "string" ? code : null, detail: typeof detail === "string" ? detail : null };
  } catch {
    return { code: null, detail: null };
  }
}

/** Reads the rest of a failed answer, so that its connection can be used again. */
export async function httpError(response: Response): Promise<HttpError> {
  const body = await response.text().catch(() => "");
  return new HttpError(response.status, body, response.headers.get("retry-after"));
}

/** Whether the platform does not know this worker's token, or not any more. */
export const isRefused = (error: unknown): error is HttpError => error instanceof HttpError && error.status === 401;

const notImplemented = 501;

/**
 * Whether the same request may work later, in the form `retry` wants: after a network error, a 5xx or a 429, which may
 * say when.
 */
export function isWorthRetrying(error: unknown): boolean | number {
  if (!(error instanceof HttpError)) return true;
  const mayPass = error.status === 429 || (error.status >= 500 && error.status !== notImplemented);
  return mayPass && error.retryAfterMs;
}
