import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** What looks like an IP address. */
const looksLikeAddress = /^[\da-f.:]{3,45}$/i;
/** This machine: a proxy, which should say whose request it passes on, or a program. */
const here = /^(?:127\.|::1$|::ffff:127\.)/i;
/** Addresses that only something near this server has: a proxy on the machine or in its network. */
const near = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:|::ffff:(?:127|10)\.)/i;

/**
 * Where a request comes from. Each proxy adds to `X-Forwarded-For` the address that it was called from, so what the sender
 * wrote there itself stands before. API Gateway adds the address that called it, and CloudFront added the browser's before
 * that: whoever calls API Gateway directly can choose what stands there, so the caller's own address is part of the result. A
 * proxy in front of a platform on one machine has a private address, and its entry counts. A proxy on the machine itself that adds
 * none does not tell its senders apart: then the address is null. Of an IPv6 address, the network counts, because it has as
 * many addresses as it likes.
 */
export function senderOf(event: APIGatewayProxyEventV2): { address: string | null; userAgent: string | null } {
  const { sourceIp } = event.requestContext.http;
  const forwarded = (event.headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => looksLikeAddress.test(entry));
  const before = !near.test(sourceIp) && forwarded.at(-1) === sourceIp ? forwarded.at(-2) : undefined;
  const told = near.test(sourceIp) ? (forwarded.at(-1) ?? (here.test(sourceIp) ? null : sourceIp)) : sourceIp;
  const network = told && networkOf(told);
  const address = before === undefined ? network : `${networkOf(before)} ${network}`;
  return { address, userAgent: event.headers["user-agent"]?.slice(0, 200) ?? null };
}

/** An IPv4 address, or the first half of an IPv6 address, in one spelling. */
function networkOf(address: string): string {
  const url = `http://[${address}]/`;
  if (!address.includes(":") || !URL.canParse(url)) return address;
  const [start = "", end] = new URL(url).hostname.slice(1, -1).split("::");
  const before = start === "" ? [] : start.split(":");
  const after = end === undefined || end === "" ? [] : end.split(":");
  const zeros = end === undefined ? [] : Array<string>(8 - before.length - after.length).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
