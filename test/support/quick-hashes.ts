import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { leastCost } from "./weak-hash.ts";

const { scrypt } = crypto;
const quick = (...[password, salt, length, , done]: Parameters<typeof scrypt>) =>
  scrypt(password, salt, length, leastCost, done);

/**
 * Makes the hash of a password take no time in this process, instead of 0.2 s of CPU time, until the returned function is called.
 * Hashes of one kind do not match passwords in the other.
 */
export function hashQuickly(): () => void {
  replaceScrypt(quick as typeof scrypt);
  return () => replaceScrypt(scrypt);
}

function replaceScrypt(by: typeof scrypt): void {
  crypto.scrypt = by;
  syncBuiltinESMExports();
}
