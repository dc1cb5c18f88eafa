import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { Refusal } from "../kernel/refusal.ts";
import { requireKeepable } from "./keepable.ts";

const maxReasonLength = 1000;

/** The header in which a request says why. It is the one place that every request has, also a GET that changes something. */
export const reasonHeader = "X-Reason";

/** The header as the API's description has it. */
export const reasonHeaderSchema = z.object({
  [reasonHeader]: z.string().max(maxReasonLength).optional().meta({
    description: "Why, for the audit trail. What is not ASCII is percent-encoded UTF-8, and so is a percent sign",
  }),
});

/** Why somebody says they change something; null when they do not. Refused when it is too long to keep. */
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
