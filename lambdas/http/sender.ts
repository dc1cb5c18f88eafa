import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** What looks like an IP address. */
const looksLikeAddress = /^[\da-f.:]{3,45}$/i;
/** Addresses that only something near this server has: a proxy on the machine or in its network. */
const near = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:|::ffff:(?:127|10)\.)/i;

/**
 * Where a request comes from. Each proxy adds to `X-Forwarded-For` the address that it was called from, so what the sender
 * wrote there itself stands before. API Gateway adds the address that called it, and CloudFront added the browser's before
 * that: whoever calls API Gateway directly can choose what stands there, so the caller's own address is part of the result. A
 * proxy in front of a platform on one machine has a private address, and its entry counts.
 */
export function senderOf(event: APIGatewayProxyEventV2): { address: string; userAgent: string | null } {
  const { sourceIp } = event.requestContext.http;
  const forwarded = (event.headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => looksLikeAddress.test(entry));
  const before = forwarded.at(-1) === sourceIp ? forwarded.at(-2) : undefined;
  const address = near.test(sourceIp)
    ? (forwarded.at(-1) ?? sourceIp)
    : before === undefined
      ? sourceIp
      : `${before} ${sourceIp}`;
  return { address, userAgent: event.headers["user-agent"]?.slice(0, 200) ?? null };
}
