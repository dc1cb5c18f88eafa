import * as z from "zod";

/**
 * What a login form sends. The lengths are bounded, because normalizing a long text of combining marks takes seconds, and
 * anybody may try to log in. No account has longer ones.
 */
export const credentials = z.object({
  username: z.string().max(254),
  password: z.string().max(1000),
  code: z.string().max(60).optional().meta({ description: "A code of the second factor, if the account has one" }),
});
