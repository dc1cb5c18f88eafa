import * as z from "zod";
import { maxPasswordLength, minPasswordLength } from "../rules/password.ts";

/** A mail address of an account. */
export const email = z
  .email("This is not a mail address.")
  .max(254)
  .refine((text) => !text.includes("*"), "A mail address may not contain *.");

/** A password that somebody chooses. */
export const newPassword = z
  .string()
  .min(minPasswordLength, `A password has at least ${minPasswordLength} characters.`)
  .max(maxPasswordLength);
