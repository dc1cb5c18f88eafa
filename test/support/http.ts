import assert from "node:assert/strict";

/** The content of a request, in one of the forms that clients send. A list in a form is a repeated field. */
export type Content =
  { json: unknown } | { form: FormFields } | { multipart: FormFields } | { raw: string | Buffer; type?: string };

type FormFields = Record<string, string | number | (string | number)[]>;

export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed text if it is JSON, otherwise an empty object. */
  body: Body;
}

/** Sends one request and returns its answer, whatever the status. Does not follow redirects. */
export async function send<Body = Record<string, unknown>>(
  method: string,
  url: string,
  {
    authorization,
    content,
    headers,
  }: {
    authorization?: string | undefined;
    content?: Content | undefined;
    headers?: Record<string, string> | undefined;
  } = {},
): Promise<Answer<Body>> {
  const { body, type } = content ? encode(content) : {};
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: { ...headers, ...(authorization ? { authorization } : {}), ...(type ? { "content-type": type } : {}) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") && text !== "";
  return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as Body };
}

function encode(content: Content): { body: NonNullable<RequestInit["body"]>; type?: string } {
  if ("json" in content) return { body: JSON.stringify(content.json), type: "application/json" };
  if ("form" in content) return { body: fill(new URLSearchParams(), content.form) };
  if ("multipart" in content) return { body: fill(new FormData(), content.multipart) };
  const body = typeof content.raw === "string" ? content.raw : new Uint8Array(content.raw);
  return content.type === undefined ? { body } : { body, type: content.type };
}

function fill<Form extends URLSearchParams | FormData>(form: Form, fields: FormFields): Form {
  for (const [name, values] of Object.entries(fields))
    for (const value of [values].flat()) form.append(name, String(value));
  return form;
}

/**
 * Asserts that an answer is a proper refusal: the status, a stable code, a sentence, the id of the request, and no internal
 * details.
 */
export function assertRefused(answer: Answer<unknown>, status: number, code: string, detail?: RegExp): void {
  const body = answer.body as Record<string, unknown>;
  assert.equal(`${answer.status} ${String(body["code"])}`, `${status} ${code}`, answer.text);
  assertErrorBody(answer);
  if (detail) assert.match(body["detail"] as string, detail);
}

/** Asserts that a body has the form of every error. */
export function assertErrorBody(answer: Answer<unknown>): void {
  const body = answer.body as Record<string, unknown>;
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
  assert.match(String(body["code"]), /^[A-Z][A-Z_]+$/, answer.text);
  assert.ok(typeof body["detail"] === "string" && body["detail"] !== "", answer.text);
  assert.equal(body["request_id"], answer.headers.get("x-request-id"), answer.text);
  assert.doesNotMatch(answer.text, /\\n\s+at |node_modules|\.ts:\d/);
}

/** The stable code of a refusal: worksheets tell it in a header, because their errors are texts. */
export const codeOf = ({ body, headers }: Answer<unknown>): string | undefined =>
  ((body as Record<string, unknown>)["code"] as string | undefined) ?? headers.get("x-error-code") ?? undefined;

/** Asserts that an error has the form of those below a path. */
export const assertErrorOf = (path: string, answer: Answer<unknown>): void =>
  path.startsWith("/rest") ? assertErrorText(answer) : assertErrorBody(answer);

/** Asserts that a text has the form of every error of worksheets: OAuth2 has its own. */
function assertErrorText({ headers, text, body }: Answer<unknown>): void {
  if (typeof (body as Record<string, unknown>)["error"] === "string") return;
  assert.match(headers.get("content-type") ?? "", /^text\/plain/);
  assert.match(headers.get("x-error-code") ?? "", /^[A-Z][A-Z_]+$/, text);
  assert.notEqual(text, "");
  assert.doesNotMatch(text, /\n\s+at |node_modules|\.ts:\d/);
}
