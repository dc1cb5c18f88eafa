import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Refusal } from "../kernel/refusal.ts";

/** The token in the Authorization header (`Token <key>` or `Bearer <key>`); undefined when there is no header. */
export function tokenOf(event: APIGatewayProxyEventV2): string | undefined {
  const header = event.headers["authorization"];
  if (!header) return undefined;
  const [scheme = "", token = ""] = header.trim().split(/\s+/, 2);
  if (!["token", "bearer"].includes(scheme.toLowerCase()) || token === "")
    throw new Refusal("unauthenticated", "BAD_AUTHORIZATION", "Send the header as: Authorization: Token <key>");
  return token;
}
