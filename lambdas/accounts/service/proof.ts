/** What people show before they change how their account is opened. */
import { isNewToken } from "../db/tokens.ts";
import { hasPassword } from "../db/users.ts";
import type { UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import type { Sender } from "./log-in.ts";
import { requireOwnPassword } from "./passwords.ts";

/** How long a sign-in shows who somebody is. */
const freshMinutes = 10;

/** What a request shows: the password, or that its session has just begun. */
export interface Proof {
  password: string | undefined;
  /** The login of the request. */
  login: { id: string; kind: "token" | "session" };
  sender: Sender;
}

/**
 * Refuses unless the request shows that the account's owner sends it: with the password or, if the account has none that logs in,
 * with a session that began a moment ago.
 */
export async function requireProof(context: Context, actor: UserActor, proof: Proof): Promise<void> {
  const { password, login, sender } = proof;
  if (password !== undefined) return requireOwnPassword(context, actor, password, sender, "password");
  const { passwords } = context.environment.SIGN_IN;
  if ((passwords || actor.isSuperuser) && (await hasPassword(context.db, actor.id))) {
    const message = "Send your password, too, as `password`.";
    throw new Refusal("invalid", "PASSWORD_NEEDED", message, { password: [message] });
  }
  if (login.kind !== "session" || !(await isNewToken(context.db, login.id, freshMinutes)))
    throw new Refusal(
      "forbidden",
      "FRESH_SIGN_IN_NEEDED",
      `Log in again in your browser, and then do this within ${freshMinutes} minutes.`,
    );
}
