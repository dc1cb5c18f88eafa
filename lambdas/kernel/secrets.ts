/** Hashes passwords, and makes and hashes tokens. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/**
 * The scrypt parameters of new hashes, one of the choices of OWASP's password storage cheat sheet: 16 MiB and about 160 ms of
 * processor time. A stored hash contains its own parameters.
 */
const cost = { N: 16384, r: 8, p: 5 };

function derive(password: string, salt: Buffer, parameters: typeof cost): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(password.normalize("NFKC"), salt, 32, parameters, (error, key) => (error ? reject(error) : resolve(key))),
  );
}

/** Hashes a password to store it: `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64"), hash.toString("base64")].join("$");
}

/** Whether a hash was made with today's parameters. One that was not is replaced when its password is known. */
export const isCurrentHash = (stored: string | null): boolean =>
  stored?.startsWith(`scrypt$${cost.N}$${cost.r}$${cost.p}$`) ?? false;

const nobody = `scrypt$${cost.N}$${cost.r}$${cost.p}$${Buffer.alloc(16).toString("base64")}$${Buffer.alloc(32).toString("base64")}`;

/** Whether a password matches the stored hash. Takes as long without a hash, so that timing does not reveal who exists. */
export async function checkPassword(password: string, stored: string | null | undefined): Promise<boolean> {
  const [, N, r, p, salt, hash] = (stored ?? nobody).split("$");
  const expected = Buffer.from(hash!, "base64");
  const actual = await derive(password, Buffer.from(salt!, "base64"), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(actual, expected) && stored !== null && stored !== undefined;
}

/** Makes a token: prefix, `_`, 256 random bits. `bst` is for people, `bss` for sessions, `bsm` for links in mail, `bsw` for workers, `bsa` and `bsr` for `cl`. */
export function newToken(prefix: "bst" | "bsw" | "bss" | "bsm" | "bsa" | "bsr"): { token: string; hash: Buffer } {
  const token = `${prefix}_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashToken(token) };
}

/** Hashes a token. A fast hash is safe, because a token has 256 random bits. */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();
