import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { Refusal } from "../kernel/refusal.ts";
import { requireKeepable } from "./keepable.ts";

const maxReasonLength = 1000;

/** The header with the reason for a change. A header works for every request, also for a GET that changes something. */
export const reasonHeader = "X-Reason";

/** The header's OpenAPI parameter. */
export const reasonHeaderSchema = z.object({
  [reasonHeader]: z.string().max(maxReasonLength).optional().meta({
    description:
      "The reason for the change, stored in the audit trail. Percent-encode percent signs and non-ASCII characters (UTF-8)",
  }),
});

/** The reason a request gives for a change; null when it gives none. A reason that is too long is refused. */
export function reasonOf(event: APIGatewayProxyEventV2): string | null {
  const given = event.headers[reasonHeader.toLowerCase()]?.trim();
  if (!given) return null;
  const reason = decode(given);
  requireKeepable({ [reasonHeader]: reason });
  if (reason.length <= maxReasonLength) return reason;
  const message = `A reason has at most ${maxReasonLength} characters.`;
  throw new Refusal("invalid", "INVALID", message, { [reasonHeader]: [message] });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
