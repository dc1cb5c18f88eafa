import * as z from "zod";

/** The page to open after login. Only paths of this platform are allowed, so that nobody can redirect to another site. */
export const localPath = z
  .string()
  .max(1000)
  .regex(/^\/(?![/\\])[^\s\\]*$/)
  .catch("/");
