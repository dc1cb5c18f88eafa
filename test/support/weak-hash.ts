import { scryptSync } from "node:crypto";

/** The least that scrypt can do. */
export const leastCost = { N: 2, r: 1, p: 1 };

/** A stored password that takes no time to check. The platform replaces it at the first login. */
export function weakHash(password: string): string {
  const { N, r, p } = leastCost;
  return ["scrypt", N, r, p, "", scryptSync(password, "", 32, leastCost).toString("base64")].join("$");
}
