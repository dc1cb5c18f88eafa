/** Errors as `cl` expects them: a status and a text. The stable code stands in a header. */
import { asRefusal, errorAnswer, statuses } from "../../http/errors.ts";
import type { Answer } from "../../http/route.ts";

export function textError(error: unknown, requestId: string): Answer {
  const refusal = asRefusal(error);
  const { headers } = errorAnswer(error, requestId, undefined);
  return {
    // `cl` asks for the password again when it is told 401, and gives up when it is told 403.
    status: refusal === undefined ? 500 : refusal.kind === "unauthenticated" ? 401 : statuses[refusal.kind],
    headers: { ...headers, "content-type": "text/plain; charset=utf-8", "x-error-code": refusal?.code ?? "INTERNAL" },
    body:
      refusal?.message ??
      `Something went wrong on our side. Give this request id to whoever runs the platform: ${requestId}`,
  };
}
