/** Codes of an app (TOTP, RFC 6238) and recovery codes, as a second factor beside a password. */
import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";

const periodSeconds = 30;
/** Codes of the step before and after are accepted too, because clocks differ. */
const window = 1;
const secretBytes = 20;
const recoveryCodes = 10;

export const newSecret = (): Buffer => randomBytes(secretBytes);

/** Ten codes, each of which replaces a code of the app once: 50 random bits as `xxxxx-xxxxx`. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: recoveryCodes }, () => {
    // Letters and digits that are not mistaken for each other.
    const alphabet = "abcdefghjkmnpqrstuvwxyz23456789z";
    const letters = Array.from(randomBytes(10), (byte) => alphabet[byte % 32]!);
    return `${letters.slice(0, 5).join("")}-${letters.slice(5).join("")}`;
  });

const totpOf = (secret: Buffer, rest: { issuer?: string; label?: string } = {}) =>
  new TOTP({
    ...rest,
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    period: periodSeconds,
    digits: 6,
  });

/** The secret as a person types it into an app, and the address that an app reads from a QR code. */
export function shownSecret(secret: Buffer, host: string, username: string): { secret: string; uri: string } {
  const totp = totpOf(secret, { issuer: host, label: username });
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/** The time step to which a code belongs; null if it is none of now. */
export function stepOf(secret: Buffer, code: string, now: Date): number | null {
  const delta = totpOf(secret).validate({ token: code, timestamp: now.getTime(), window });
  return delta === null ? null : Math.floor(now.getTime() / 1000 / periodSeconds) + delta;
}

/** A code as people write it, without spaces and hyphens. */
export const plainCode = (code: string): string => code.replaceAll(/[\s-]/g, "").toLowerCase();
