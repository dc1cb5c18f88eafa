import * as z from "zod";
import { passkeyAnswer } from "../rules/passkey.ts";

/** What shows the second factor of an account: one of both. */
export const shownFactor = z.object({
  code: z.string().max(60).optional().meta({ description: "A code of your app, or a recovery code" }),
  passkey: passkeyAnswer
    .optional()
    .meta({ description: "What navigator.credentials.get() answered to POST /api/session/passkey/options/" }),
});

/**
 * What a login form sends. The lengths are bounded, because normalizing a long text of combining marks takes seconds, and
 * anybody may try to log in. No account has longer ones.
 */
export const credentials = z.object({
  username: z.string().max(254),
  password: z.string().max(1000),
  ...shownFactor.shape,
});
