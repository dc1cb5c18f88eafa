import { countTry, forgetTries, isKnown, noteKnown, uncountTry } from "../db/throttles.ts";
import { throttleRule, type Throttle } from "../rules/throttle.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";

/** Where a request comes from. */
export interface Sender {
  /** Its IP address; null if a proxy does not tell it. */
  address: string | null;
  userAgent: string | null;
}

/** What is counted: a throttle, and for whom. */
export type Counted = [throttle: Throttle, ...whom: string[]];

/** The database has hashes only, so that it does not tell who tried to log in from where. */
const keyOf = (counted: Counted): Buffer => hashToken(counted.join("\n"));

/** Counts a try of each. Refused while one of them must wait. */
export async function tryOnce({ db, environment }: Context, ...all: Counted[]): Promise<void> {
  for (const counted of all) {
    const rule = throttleRule(counted[0], environment.FREE_TRIES);
    const { isAllowed, waitSeconds } = await countTry(db, keyOf(counted), rule);
    if (isAllowed) continue;
    const seconds = Math.max(1, Math.ceil(waitSeconds));
    const message = `${rule.advice ?? "Too many tries."} Try again in ${seconds} s.`;
    throw new Refusal("too-many", "TOO_MANY_TRIES", message, {}, seconds);
  }
}

/** Takes back a try that need not be limited. */
export const takeBack = ({ db }: Context, counted: Counted): Promise<void> => uncountTry(db, keyOf(counted));

/** Gives all free tries again. */
export const startAnew = ({ db }: Context, counted: Counted): Promise<void> => forgetTries(db, keyOf(counted));

/** How long an address counts as known after a login. */
const knownDays = 90;
const senderKey = (userId: number, address: string) => hashToken(["known", String(userId), address].join("\n"));

/** Whether a person has logged in from an address lately. */
export const isKnownSender = ({ db }: Context, userId: number, address: string): Promise<boolean> =>
  isKnown(db, senderKey(userId, address));

export const noteSender = ({ db }: Context, userId: number, address: string): Promise<void> =>
  noteKnown(db, senderKey(userId, address), knownDays);
