import { existingUserIds } from "../db/users.ts";
import type { Db } from "../../kernel/db/connection.ts";
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

/** Whether an id belongs to somebody who has not deleted the account. */
export const isUser = async (db: Db, id: number): Promise<boolean> => (await existingUserIds(db, [id])).length === 1;
