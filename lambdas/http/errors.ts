import type * as z from "zod";
import { isOfDeletedAccount } from "../kernel/deleted-account.ts";
import { isDiskFull } from "../kernel/disk-full.ts";
import { Refusal, type RefusalKind } from "../kernel/refusal.ts";
import { Unavailable } from "../kernel/outages/unavailable.ts";
import type { Answer, Route } from "./route.ts";

/** Missing or bad credentials answer 403, not 401, because Codabench's clients expect it. Workers get 401. */
export const statuses: Record<RefusalKind, number> = {
  invalid: 400,
  unauthenticated: 403,
  "unknown-worker": 401,
  forbidden: 403,
  "not-found": 404,
  method: 405,
  conflict: 409,
  "too-large": 413,
  "too-many": 429,
  unavailable: 503,
};

/** Converts an error to a refusal; undefined when the error is a bug. */
export function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (isDiskFull(error))
    return new Refusal(
      "unavailable",
      "DISK_FULL",
      "The platform has no disk space left, so nothing can be stored right now. Whoever runs it has to free some. Then the same request works.",
    );
  if (isOfDeletedAccount(error))
    return new Refusal("forbidden", "ACCOUNT_DELETED", "This account was deleted, so nothing can be added to it.");
  if (error instanceof Unavailable)
    return new Refusal(
      "unavailable",
      "UNAVAILABLE",
      `The ${error.service} of the platform is not available right now. Try again in a moment.`,
    );
  return undefined;
}

/**
 * The answer to a request that failed: `detail` for people, `code` for programs, messages by field name and the
 * request's id. Some routes repeat `detail` under a second name (`reasonUnder`).
 */
export function errorAnswer(error: unknown, requestId: string, reasonUnder: Route["reasonUnder"]): Answer {
  const refusal = asRefusal(error);
  if (!refusal)
    return {
      status: 500,
      body: {
        code: "INTERNAL",
        detail: "Something went wrong on our side. Give this request id to whoever runs the platform.",
        request_id: requestId,
      },
    };
  const otherName = refusal.code === "BANNED" ? "error" : reasonUnder;
  return {
    status: statuses[refusal.kind],
    body: {
      ...refusal.fields,
      ...(otherName ? { [otherName]: refusal.message } : {}),
      code: refusal.code,
      detail: refusal.message,
      request_id: requestId,
    },
    ...(isLater(refusal) ? { headers: retryAfter(refusal) } : {}),
  };
}

/** Whether the same request may work later. */
const isLater = ({ kind }: Refusal) => kind === "unavailable" || kind === "too-many";
const retryAfter = ({ retryAfterSeconds }: Refusal) => ({ "retry-after": String(retryAfterSeconds ?? 5) });

/**
 * A page that says why a form was refused. Its status is 200, as Django's is, but browsers and scripts are told of what they
 * should try later.
 */
export const refusalPage = (answer: Answer, refusal: Refusal): Answer =>
  isLater(refusal)
    ? { ...answer, status: statuses[refusal.kind], headers: { ...answer.headers, ...retryAfter(refusal) } }
    : answer;

/** Converts validation errors to a refusal that lists the messages by field name. */
export function invalidFields(error: z.ZodError): Refusal {
  const fields: Record<string, string[]> = {};
  for (const issue of error.issues) {
    const name = issue.path.length > 0 ? issue.path.join(".") : "non_field_errors";
    (fields[name] ??= []).push(issue.message);
  }
  const [name, messages] = Object.entries(fields)[0]!;
  return new Refusal("invalid", "INVALID", `${name}: ${messages[0]}`, fields);
}
