/**
 * The API of worksheets, under `/rest`. It is the protocol of CodaLab Worksheets: documents of JSON:API, and errors that are a
 * text with its code in a header. Pages ask through here only.
 */
import { ApiError, csrfHeaders, Unreachable } from "../api/client.ts";
import { textBody } from "./text-body.ts";

interface Link {
  type: string;
  id: string;
}

/** A thing of a document. What it is related to stands in `included`, as far as it was asked for. */
export interface Resource<Attributes> {
  type: string;
  id: string;
  attributes: Attributes;
  relationships?: Record<string, { data: Link | Link[] | null }>;
}

export interface Document<Data> {
  data: Data;
  included?: Resource<unknown>[];
}

type Given = string | number | boolean | readonly string[] | undefined;

export interface RestRequest {
  /** Lists are repeated parameters. `true` is 1, as the protocol writes it. */
  query?: Record<string, Given>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, or packed if it is long. */
  text?: string;
  signal?: AbortSignal;
}

/** The address of a route of `/rest` with its query. */
export function restAddress(path: string, query: Record<string, Given> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value])
      parameters.append(name, one === true ? "1" : String(one));
  }
  return `/rest${path}${parameters.size > 0 ? `?${parameters}` : ""}`;
}

/** The refusal in an answer of `/rest`, as errors of all other routes are. */
export const restError = (status: number, text: string, header: (name: string) => string | null): ApiError =>
  new ApiError(status, { code: header("x-error-code") ?? "UNKNOWN", detail: text }, header("x-request-id"));

/** Asks `/rest`. Throws `ApiError` or `Unreachable`, as `ask` does. */
export async function rest<Answer>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  { query, json, text, signal }: RestRequest = {},
): Promise<Answer> {
  const { headers, body } =
    text === undefined
      ? {
          headers: json === undefined ? {} : { "content-type": "application/json" },
          body: json === undefined ? null : JSON.stringify(json),
        }
      : await textBody(text);
  const answer = await sent(restAddress(path, query), {
    method,
    headers: { ...(method === "GET" ? {} : csrfHeaders()), ...headers },
    body,
    ...(signal && { signal }),
  });
  const said = await answer.text();
  if (!answer.ok) throw restError(answer.status, said, (name) => answer.headers.get(name));
  const isJson = answer.headers.get("content-type") === "application/json" && said !== "";
  return (isJson ? JSON.parse(said) : undefined) as Answer;
}

async function sent(address: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(address, request);
  } catch (error) {
    // What `fetch` throws when there is no answer.
    if (error instanceof TypeError) throw new Unreachable();
    throw error;
  }
}

/** The things that a thing is related to, of those that a document includes. */
export function related<Attributes>(
  { included = [] }: { included?: Resource<unknown>[] },
  { relationships = {} }: Resource<unknown>,
  name: string,
): Resource<Attributes>[] {
  const links = [relationships[name]?.data ?? []].flat();
  return links.flatMap(
    ({ type, id }) =>
      (included.find((one) => one.type === type && one.id === id) as Resource<Attributes> | undefined) ?? [],
  );
}
