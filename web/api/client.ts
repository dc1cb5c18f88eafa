/** The platform's API, typed by its own OpenAPI document. */
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated.ts";

export type Paths = paths;
export type Shape<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** An answer of the API that is an error, with a sentence that people can act on. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** For whoever runs the platform. Null if the request did not arrive. */
  readonly requestId: string | null;
  /** Messages by the name of the field that they are about. */
  readonly fields: Record<string, string[]>;

  constructor(status: number, body: Record<string, unknown>, requestId: string | null) {
    const { code, detail, request_id, ...rest } = body;
    super(typeof detail === "string" ? detail : "");
    this.status = status;
    this.code = typeof code === "string" ? code : "UNKNOWN";
    this.requestId = typeof request_id === "string" ? request_id : requestId;
    this.fields = Object.fromEntries(
      Object.entries(rest).filter((entry): entry is [string, string[]] => Array.isArray(entry[1])),
    );
  }
}

/** Something that the browser did not do, with a sentence for the reader. */
export class BrowserRefused extends Error {}

/** The platform could not be reached: the browser is offline, or nothing answers. */
export class Unreachable extends Error {}

/** The session is a cookie that scripts cannot read. Changes repeat the other cookie, which pages of other sites cannot read. */
export function csrfHeaders(): Record<string, string> {
  const token = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1];
  return token === undefined ? {} : { "x-csrftoken": token };
}

const csrf: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET")
      for (const [name, value] of Object.entries(csrfHeaders())) request.headers.set(name, value);
    return request;
  },
};

export const api = createClient<paths, "application/json" | "text/html">({
  baseUrl: location.origin,
  // Codabench's servers read a list as a repeated parameter.
  querySerializer: { array: { style: "form", explode: true } },
});
api.use(csrf);

interface Answered<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws `ApiError` or `Unreachable`. */
export async function ask<Data>(call: Promise<Answered<Data>>): Promise<Data> {
  let answer: Answered<Data>;
  try {
    answer = await call;
  } catch (error) {
    // What `fetch` throws when there is no answer.
    if (error instanceof TypeError) throw new Unreachable();
    throw error;
  }
  const { data, error, response } = answer;
  if (response.ok) return data as Data;
  const body = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  throw new ApiError(response.status, body, response.headers.get("x-request-id"));
}
