import * as z from "zod";

/**
 * How many tries somebody has, and how long they must then wait. A try counts before its outcome is known, so that nobody gets
 * more by trying at the same time. Each further try doubles the pause.
 */

export interface ThrottleRule {
  /** What is limited, in a sentence. */
  about: string;
  /** What those who must wait are told first, if there is something better to do than to wait. */
  advice?: string;
  /** Tries without a pause, unless the platform sets another number; at least one. */
  free: number;
  /** The pause after the first try that is not free. */
  firstPauseSeconds: number;
  maxPauseSeconds: number;
  /** After this long without a try, they are forgotten. */
  forgetSeconds: number;
}

const hour = 3600;
const day = 24 * hour;

export const throttles = {
  logIn: {
    about: "Wrong passwords for one account from one address.",
    free: 5,
    firstPauseSeconds: 2,
    maxPauseSeconds: hour / 4,
    forgetSeconds: day,
  },
  // Also many programs that log in at once.
  logInKnown: {
    about: "The same from an address from which its owner has logged in within 90 days.",
    free: 30,
    firstPauseSeconds: 2,
    maxPauseSeconds: hour / 4,
    forgetSeconds: day,
  },
  // The pause stays short, because otherwise anybody could keep its owner out.
  logInAccount: {
    about: "Wrong passwords for one account from all other addresses together.",
    free: 50,
    firstPauseSeconds: 1,
    maxPauseSeconds: 60,
    forgetSeconds: day,
  },
  logInAddress: {
    about: "Wrong passwords for any account from one address, in an hour. A class of students shares one address.",
    free: 100,
    firstPauseSeconds: 1,
    maxPauseSeconds: hour / 4,
    forgetSeconds: hour,
  },
  // Only who knows the password gets here, so a pause does not keep the owner out. A code has six digits.
  secondFactor: {
    about: "Wrong codes of a second factor for one account.",
    free: 5,
    firstPauseSeconds: 2,
    maxPauseSeconds: hour,
    forgetSeconds: day,
  },
  passkey: {
    about: "Sign-ins with a passkey that were begun and not completed, from one address.",
    free: 300,
    firstPauseSeconds: 1,
    maxPauseSeconds: hour / 4,
    forgetSeconds: hour,
  },
  signUp: {
    about: "Sign-ups, and requests for an invitation, from one address.",
    free: 100,
    firstPauseSeconds: 10,
    maxPauseSeconds: hour,
    forgetSeconds: day,
  },
  reset: {
    about: "Mails to reset a password, asked for from one address.",
    free: 20,
    firstPauseSeconds: 10,
    maxPauseSeconds: hour,
    forgetSeconds: day,
  },
  // Organizers are not limited in their own forum.
  forumPost: {
    about: "Posts and reports of one participant in the forum of one competition.",
    free: 20,
    firstPauseSeconds: 10,
    maxPauseSeconds: hour / 4,
    forgetSeconds: hour,
  },
  // Each occupies a core for about a second.
  picture: {
    about: "Photos and logos that one person sends.",
    free: 60,
    firstPauseSeconds: 10,
    maxPauseSeconds: hour / 4,
    forgetSeconds: hour,
  },
  // A URL that says no size takes 5 GB.
  unsizedUpload: {
    about: "Uploads of one person that do not say how large they are, and whose file has not been used yet.",
    advice: "Many of your uploads do not say how large their file is. Send file_size, and there is no limit.",
    free: 50,
    firstPauseSeconds: 60,
    maxPauseSeconds: hour,
    forgetSeconds: day,
  },
} satisfies Record<string, ThrottleRule>;

export type Throttle = keyof typeof throttles;
const names = Object.keys(throttles) as Throttle[];

/** How many tries of each are free on a platform: an option of it. */
export const freeTriesSchema = z.strictObject(
  Object.fromEntries(
    names.map((name) => [
      name,
      z.int().min(1).max(1_000_000).default(throttles[name].free).meta({ description: throttles[name].about }),
    ]),
  ) as Record<Throttle, z.ZodDefault<z.ZodInt>>,
);

/** The rule of a throttle on a platform. `free` has what the platform sets. */
export const throttleRule = (name: Throttle, free: Partial<Record<string, number>>): ThrottleRule => ({
  ...throttles[name],
  free: free[name] ?? throttles[name].free,
});
