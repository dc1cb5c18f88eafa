/** Where passkeys are valid, and what browsers send of them. */
import * as z from "zod";

/** The site for which passkeys are made: a host name, and the origin of its pages. */
export interface Site {
  host: string;
  origin: string;
}

/** The site of a platform. Null if browsers make no passkeys for it: they want https or localhost, and a name instead of an IP address. */
export function siteOf(publicUrl: string): Site | null {
  const { protocol, hostname, origin } = new URL(publicUrl);
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  const isSafe = protocol === "https:" || /(?:^|\.)localhost$/.test(hostname);
  return isSafe && !isAddress ? { host: hostname, origin } : null;
}

/** The longest texts are keys and attestations of authenticators, which have some thousand characters. */
const text = z.base64url().min(1).max(20_000);

// Browsers also send what follows from these. Loose, so that no warning names it.
const common = {
  id: text,
  rawId: text,
  type: z.literal("public-key"),
  clientExtensionResults: z.looseObject({}).default({}),
};

/** What `navigator.credentials.create()` returns, as `toJSON()` writes it. */
export const newPasskeyAnswer = z.looseObject({
  ...common,
  response: z.looseObject({ clientDataJSON: text, attestationObject: text }),
});

/** What `navigator.credentials.get()` returns, as `toJSON()` writes it. */
export const passkeyAnswer = z.looseObject({
  ...common,
  response: z.looseObject({
    clientDataJSON: text,
    authenticatorData: text,
    signature: text,
    userHandle: text.nullish(),
  }),
});
export type NewPasskeyAnswer = z.output<typeof newPasskeyAnswer>;
export type PasskeyAnswer = z.output<typeof passkeyAnswer>;

/** The challenge that an answer repeats; null if it has none. */
export function challengeOf(clientDataJSON: string): string | null {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJSON, "base64url").toString()) as Record<string, unknown>;
    return typeof challenge === "string" ? challenge : null;
  } catch {
    return null;
  }
}
