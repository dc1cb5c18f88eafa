/**
 * Files that log in or sign up hundreds of times, and are not about passwords, import this first. In their process a password's
 * hash takes no time instead of 0.2 s of CPU time.
 */
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { leastCost } from "./weak-hash.ts";

const { scrypt } = crypto;
const quick = (...[password, salt, length, , done]: Parameters<typeof scrypt>) =>
  scrypt(password, salt, length, leastCost, done);
crypto.scrypt = quick as typeof scrypt;
syncBuiltinESMExports();
