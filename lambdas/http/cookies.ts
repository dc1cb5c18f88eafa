// Session cookies and protection against cross-site request forgery (CSRF). The cookies have Django's names.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Refusal } from "../kernel/refusal.ts";
import { tokenOf } from "./authorization.ts";
import { formField } from "./body.ts";

const sessionCookie = "sessionid";
const csrfCookie = "csrftoken";
const pendingSeconds = 600;
const yearSeconds = 365 * 24 * 3600;

function cookie(event: APIGatewayProxyEventV2, name: string): string | undefined {
  const found = event.cookies?.find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

export const sessionOf = (event: APIGatewayProxyEventV2): string | undefined => cookie(event, sessionCookie);

/** A Set-Cookie header. On an https platform the cookie is marked Secure. */
const setCookie = (publicUrl: string, name: string, value: string, seconds: number, readable: boolean) =>
  [
    `${name}=${value}`,
    "Path=/",
    `Max-Age=${seconds}`,
    "SameSite=Lax",
    ...(readable ? [] : ["HttpOnly"]),
    ...(publicUrl.startsWith("https:") ? ["Secure"] : []),
  ].join("; ");

/** The Set-Cookie headers that store a session's token in the browser, or remove it. */
export const sessionCookies = {
  begin: (publicUrl: string, token: string, seconds: number) =>
    setCookie(publicUrl, sessionCookie, token, seconds, false),
  end: (publicUrl: string) => setCookie(publicUrl, sessionCookie, "", 0, false),
};

const ownSessionCookie = "ownsessionid";

/** The own session of an administrator who acts as somebody else. It does nothing until it is the session again. */
export const ownSessionOf = (event: APIGatewayProxyEventV2): string | undefined => cookie(event, ownSessionCookie);

/** The Set-Cookie headers that put the own session aside, or remove it. */
export const ownSessionCookies = {
  begin: (publicUrl: string, token: string, seconds: number) =>
    setCookie(publicUrl, ownSessionCookie, token, seconds, false),
  end: (publicUrl: string) => setCookie(publicUrl, ownSessionCookie, "", 0, false),
};

/** A name that, with https, browsers let no other host set, not even one of the same domain. */
const pendingCookie = (publicUrl: string) => (publicUrl.startsWith("https:") ? "__Host-signin" : "signin");

/** The sign-in with an identity provider that has begun in the browser. */
export const pendingOf = (event: APIGatewayProxyEventV2, publicUrl: string): string | undefined =>
  cookie(event, pendingCookie(publicUrl));

/** The Set-Cookie headers that store such a sign-in for ten minutes, or remove it. */
export const pendingCookies = {
  begin: (publicUrl: string, value: string) =>
    setCookie(publicUrl, pendingCookie(publicUrl), value, pendingSeconds, false),
  end: (publicUrl: string) => setCookie(publicUrl, pendingCookie(publicUrl), "", 0, false),
};

/** A new CSRF token, and the cookie from which our own pages read it. */
export function newCsrfToken(publicUrl: string): { token: string; cookie: string } {
  const token = randomBytes(32).toString("base64url");
  return { token, cookie: setCookie(publicUrl, csrfCookie, token, yearSeconds, true) };
}

/** The CSRF token in the browser's cookie, if it is well formed. */
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
 * Refuses forged requests. The X-CSRFToken header or the form field csrfmiddlewaretoken must repeat the csrftoken
 * cookie, and an Origin or Referer header, if present, must name this platform.
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

/**
 * Refuses forms of other sites where nobody is logged in, because browsers send those unasked from a page that somebody only reads. JSON they do not send to another site.
 */
export async function requireOwnForm(event: APIGatewayProxyEventV2, publicUrl: string): Promise<void> {
  if (tokenOf(event) !== undefined) return;
  if (!/^application\/json\b/i.test(event.headers["content-type"] ?? "")) await requireOwnSite(event, publicUrl);
}

const refusalCookie = "signinrefused";

/** The Set-Cookie header that tells the login page for a minute why an identity provider's login was refused. */
export const refusedSignIn = (publicUrl: string, sentence: string): string =>
  setCookie(publicUrl, refusalCookie, encodeURIComponent(sentence), 60, true);

/** Whether the browser's headers say that the request came from one of our own pages. */
export function fromOwnPage(event: APIGatewayProxyEventV2, publicUrl: string): boolean {
  const site = event.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const from = event.headers["origin"] ?? event.headers["referer"];
  return from !== undefined && sameOrigin(from, publicUrl);
}

function sameOrigin(url: string, publicUrl: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(publicUrl).origin;
}
