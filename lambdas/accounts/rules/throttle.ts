/**
 * How many tries somebody has, and how long they must then wait. A try counts before its outcome is known, so that nobody gets
 * more by trying at the same time. Each further try doubles the pause.
 */

/** What is limited. */
export type Throttle = "log-in" | "log-in-known" | "log-in-account" | "log-in-address" | "sign-up" | "reset";

export interface ThrottleRule {
  /** Tries without a pause; at least one. */
  free: number;
  /** The pause after the first try that is not free. */
  firstPauseSeconds: number;
  maxPauseSeconds: number;
  /** After this long without a try, they are forgotten. */
  forgetSeconds: number;
}

const hour = 3600;
const day = 24 * hour;

export const throttles: Record<Throttle, ThrottleRule> = {
  /** Passwords for one account from one address: a person who mistypes, or a program with an old password. */
  "log-in": { free: 5, firstPauseSeconds: 2, maxPauseSeconds: hour / 4, forgetSeconds: day },
  /** The same from where its owner has logged in lately: also many programs that log in at once. */
  "log-in-known": { free: 30, firstPauseSeconds: 2, maxPauseSeconds: hour / 4, forgetSeconds: day },
  /**
   * Passwords for one account from anywhere else. The pause stays short, because otherwise anybody could keep its owner out.
   */
  "log-in-account": { free: 50, firstPauseSeconds: 1, maxPauseSeconds: 60, forgetSeconds: day },
  /** Passwords for any account from one address: a class of students shares one. */
  "log-in-address": { free: 100, firstPauseSeconds: 1, maxPauseSeconds: hour / 4, forgetSeconds: hour },
  /** Sign-ups from one address. */
  "sign-up": { free: 100, firstPauseSeconds: 10, maxPauseSeconds: hour, forgetSeconds: day },
  /** Mails to reset a password, asked for from one address. */
  reset: { free: 20, firstPauseSeconds: 10, maxPauseSeconds: hour, forgetSeconds: day },
};
