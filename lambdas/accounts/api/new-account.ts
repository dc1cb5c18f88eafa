import * as z from "zod";
import { aboutUsernames, usernamePattern } from "../rules/username.ts";
import { maxPasswordLength, minPasswordLength } from "../rules/password.ts";

/** A mail address of an account. */
export const email = z
  .email()
  .max(254)
  .refine((text) => !text.includes("*"), "A mail address may not contain *.");

/** A password that somebody chooses. */
export const newPassword = z
  .string()
  .min(minPasswordLength, `A password has at least ${minPasswordLength} characters.`)
  .max(maxPasswordLength);

/** An account that somebody makes for themselves or for others. */
export const newUser = z.object({
  username: z.string().regex(usernamePattern, aboutUsernames),
  email,
  password: newPassword,
});

/** An account that somebody makes for themselves. */
export const newcomer = newUser.extend({
  invitation: z
    .string()
    .max(200)
    .nullish()
    .meta({ description: "The token of an invitation, where signing up needs one" }),
});
