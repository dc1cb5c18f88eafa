/** An unsuccessful HTTP answer. The message contains no URL, because URLs may carry signatures. */
export class HttpError extends Error {
  readonly status: number;
  /** Stable code of the platform's API; null for other servers. */
  readonly code: string | null;
  /** The value of the Retry-After header; 0 without one. */
  readonly retryAfterMs: number;

  /** `body` is the answer's body, `retryAfter` its Retry-After header. */
  constructor(status: number, body: string, retryAfter: string | null) {
    const { code, detail } = parseProblem(body);
    super(detail ?? `the server answered HTTP ${status}`);
    this.status = status;
    this.code = code;
    const seconds = Number(retryAfter ?? 0);
    this.retryAfterMs = seconds > 0 && seconds < Infinity ? seconds * 1000 : 0;
  }
}

/** Reads the error format of the platform: `{code, detail, request_id}`. */
function parseProblem(body: string): { code: string | null; detail: string | null } {
  try {
    const { code, detail } = JSON.parse(body) as Record<string, unknown>;
    return { code: typeof code === "string" ? code : null, detail: typeof detail === "string" ? detail : null };
  } catch {
    return { code: null, detail: null };
  }
}

/** Reads the whole body, so that the connection can be reused. */
export async function httpError(response: Response): Promise<HttpError> {
  const body = await response.text().catch(() => "");
  return new HttpError(response.status, body, response.headers.get("retry-after"));
}

/** Whether the platform rejected this worker's token. */
export const isRefused = (error: unknown): error is HttpError => error instanceof HttpError && error.status === 401;

const notImplemented = 501;

/**
 * Whether the same request may succeed later: after a network error, a 5xx or a 429. The result fits
 * `RetryOptions.again`.
 */
export function isWorthRetrying(error: unknown): boolean | number {
  if (!(error instanceof HttpError)) return true;
  const mayPass = error.status === 429 || (error.status >= 500 && error.status !== notImplemented);
  return mayPass && error.retryAfterMs;
}
