/**
 * Which requests get the web application, and under which security policy. The local platform and the deployment both read
 * it here. The web application is one page, which finds out by the path what to show.
 */

/**
 * Addresses at which a browser gets the web application although the API has routes there: the login of scripts as Codabench's
 * users write them, and where the links of mails lead. A program does not ask for HTML, and gets the API.
 */
export const pagesAtApiPaths: readonly string[] = [
  "/accounts/login",
  "/accounts/password_reset",
  "/accounts/confirm",
  "/accounts/delete",
  "/accounts/unsubscribe",
];

export const isAtApiPath = (path: string): boolean => pagesAtApiPaths.includes(path.replace(/\/$/, ""));

/** What a request outside the API, or at one of `pagesAtApiPaths`, gets: a file, the page, or nothing of the web application. */
export function webFileFor(method: string, path: string, accept: string): string | null {
  if (method !== "GET" && method !== "HEAD") return null;
  if (/\.[^/]+$/.test(path)) return path;
  return path === "/" || accept.includes("text/html") ? "/index.html" : null;
}

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

/** Null if the application has no such files. */
export const contentTypeOf = (file: string): string | null => types[/\.([^./]+)$/.exec(file)?.[1] ?? ""] ?? null;

/** Files with a hash in their name never change. The page must be asked for again, because it names the current ones. */
export const cacheControlOf = (file: string): string =>
  file.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";

/**
 * The security policy of the web application: only its own scripts and styles, and nothing inline. `storageOrigins` are where
 * files are uploaded and downloaded, and where pages that organizers' programs wrote come from, which are shown in sandboxed
 * frames.
 */
export function webPolicy(storageOrigins: readonly string[]): string {
  const storage = storageOrigins.join(" ");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    `img-src 'self' data: ${storage}`,
    `connect-src 'self' ${storage}`,
    `frame-src ${storage}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** The other headers of the web application. */
export const webHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
} as const;
