import { randomBytes, timingSafeEqual } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Refusal } from "../kernel/refusal.ts";
import { formField } from "./body.ts";

/** Sessions and their protection against requests from other sites, under the names that Django gives the cookies. */

const sessionCookie = "sessionid";
const csrfCookie = "csrftoken";
const yearSeconds = 365 * 24 * 3600;

function cookie(event: APIGatewayProxyEventV2, name: string): string | undefined {
  const found = event.cookies?.find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

export const sessionOf = (event: APIGatewayProxyEventV2): string | undefined => cookie(event, sessionCookie);

/** A Set-Cookie header; over https the cookie never travels without it. */
const setCookie = (publicUrl: string, name: string, value: string, seconds: number, readable: boolean) =>
  [
    `${name}=${value}`,
    "Path=/",
    `Max-Age=${seconds}`,
    "SameSite=Lax",
    ...(readable ? [] : ["HttpOnly"]),
    ...(publicUrl.startsWith("https:") ? ["Secure"] : []),
  ].join("; ");

/** What puts a session's token into the browser, or takes it out of it. */
export const sessionCookies = {
  begin: (publicUrl: string, token: string, seconds: number) =>
    setCookie(publicUrl, sessionCookie, token, seconds, false),
  end: (publicUrl: string) => setCookie(publicUrl, sessionCookie, "", 0, false),
};

/** A new token against forged requests, and the cookie that scripts of our own pages read it from. */
export function newCsrfToken(publicUrl: string): { token: string; cookie: string } {
  const token = randomBytes(32).toString("base64url");
  return { token, cookie: setCookie(publicUrl, csrfCookie, token, yearSeconds, true) };
}

/** The token against forged requests that the browser holds already, if it looks like one. */
export function csrfTokenOf(event: APIGatewayProxyEventV2): string | undefined {
  const token = cookie(event, csrfCookie);
  return token !== undefined && /^[\w-]{32,64}$/.test(token) ? token : undefined;
}

const forged = (message: string) => new Refusal("forbidden", "CSRF_FAILED", `CSRF Failed: ${message}`);

function sameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * Refuses a request that another site may have made a browser send: its csrftoken cookie must come back in the
 * X-CSRFToken header or the form field csrfmiddlewaretoken, and where it says where it comes from, that must be us.
 */
export async function requireOwnSite(event: APIGatewayProxyEventV2, publicUrl: string): Promise<void> {
  const from = event.headers["origin"] ?? event.headers["referer"];
  if (from !== undefined && !sameOrigin(from, publicUrl)) throw forged("this request comes from another site.");
  const held = csrfTokenOf(event);
  if (held === undefined) throw forged("the cookie csrftoken is missing. Open /accounts/login/ to get one.");
  const given = event.headers["x-csrftoken"] ?? (await formField(event, "csrfmiddlewaretoken"));
  if (given === undefined || !sameText(given, held))
    throw forged(
      "send the value of the cookie csrftoken as the header X-CSRFToken or the form field csrfmiddlewaretoken.",
    );
}

/** Whether a browser says that one of our own pages, or nobody but its user, caused a request. */
export function fromOwnPage(event: APIGatewayProxyEventV2, publicUrl: string): boolean {
  const site = event.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const from = event.headers["origin"] ?? event.headers["referer"];
  return from !== undefined && sameOrigin(from, publicUrl);
}

function sameOrigin(url: string, publicUrl: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(publicUrl).origin;
}
