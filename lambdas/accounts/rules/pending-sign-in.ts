/**
 * A sign-in with an identity provider that has begun in a browser. The browser keeps it in a cookie, with a secret from which
 * follow the state, the nonce and the code verifier: so an answer of the provider is worth something only in this browser, and
 * nothing is stored for people who never come back.
 */
import { createHash, randomBytes } from "node:crypto";

export interface PendingSignIn {
  provider: string;
  /** The page to open afterwards. */
  next: string;
  /** Repeated by the provider in the address to which it sends the browser back. */
  state: string;
  /** Repeated by the provider in the ID token. */
  nonce: string;
  /** Shown to the provider together with the code (PKCE). */
  codeVerifier: string;
}

/** The cookie of a new sign-in. */
export const newPendingCookie = (provider: string, next: string): string =>
  [randomBytes(32).toString("base64url"), provider, Buffer.from(next).toString("base64url")].join(".");

/** What a cookie stands for; undefined if there is none, or it is not one of ours. */
export function readPending(cookie: string | undefined): PendingSignIn | undefined {
  const [, secret, provider, next] = /^([\w-]{43})\.([a-z0-9-]+)\.([\w-]+)$/.exec(cookie ?? "") ?? [];
  if (secret === undefined || provider === undefined || next === undefined) return undefined;
  const derive = (what: string) => createHash("sha256").update(`${what}\n${secret}`).digest("base64url");
  return {
    provider,
    next: Buffer.from(next, "base64url").toString(),
    state: derive("state"),
    nonce: derive("nonce"),
    codeVerifier: derive("verifier"),
  };
}

/** The code challenge of PKCE, by the method S256. */
export const codeChallenge = (codeVerifier: string): string =>
  createHash("sha256").update(codeVerifier).digest("base64url");
