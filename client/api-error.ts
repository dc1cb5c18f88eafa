/** The platform or its object store refused a request. The message is a sentence for people. */
export class ApiError extends Error {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Stable code of the API, for instance `NOT_LOGGED_IN`; null when the answer had none. */
  readonly code: string | null;
  /** The whole answer. */
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body["detail"] === "string" ? body["detail"] : `HTTP ${status}`);
    this.status = status;
    this.code = typeof body["code"] === "string" ? body["code"] : null;
    this.body = body;
  }
}

/** What answered is no Benchstack platform. The message is a sentence for people. */
export class NotAPlatform extends Error {
  constructor(url: string, what: string) {
    super(`${url} is not the address of a Benchstack platform: it answered ${what}.`);
  }
}
