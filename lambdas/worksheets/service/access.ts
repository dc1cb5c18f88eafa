/** Who may use worksheets at all. */
import { may, type Actor, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { findPeople } from "../db/people.ts";

/** In protected mode, refuses everybody to whom no administrator has given access. */
export async function requireAccess({ db, environment }: Context, actor: Actor): Promise<void> {
  if (!environment.WORKSHEETS.protectedMode) return;
  if (actor.kind !== "user") throw new Refusal("unauthenticated", "NOT_LOGGED_IN", "User is not authenticated.");
  const [person] = await findPeople(db, [actor.id]);
  if (!person?.has_access)
    throw new Refusal(
      "unauthenticated",
      "NO_ACCESS",
      "User has not been given access to this CodaLab instance. Please contact the admin for access.",
    );
}

/** Whether somebody administers the platform: `cl` calls them root. */
export const isRoot = (actor: Actor): boolean => may(actor, "platform.administer", null);

/** The id of whoever asks; null if nobody has logged in. */
export const idOf = (actor: Actor): number | null => (actor.kind === "user" ? actor.id : null);

/** Refuses who is not root. */
export function requireRoot(actor: UserActor, message: string): void {
  if (!isRoot(actor)) throw new Refusal("forbidden", "NOT_ALLOWED", message);
}
