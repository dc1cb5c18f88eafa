import { existingUserIds } from "../db/users.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";

/** Refuses ids that belong to no user; `field` is the request's field for the error message. */
export async function requirePeople({ db }: Context, field: string, userIds: number[] | undefined): Promise<void> {
  const known = await existingUserIds(db, userIds ?? []);
  const unknown = (userIds ?? []).filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  const message = `There is no user ${unknown.join(", ")}.`;
  throw new Refusal("invalid", "NO_SUCH_USER", message, { [field]: [message] });
}
