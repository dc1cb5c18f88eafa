import { findDeletion, withdrawDeletion } from "../db/account-deletions.ts";
import { findUser } from "../db/users.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { record } from "./audit.ts";
import { post } from "./mail.ts";

/** The audit event of a step on the way to the deletion of an account. */
export const deletionEvent = (
  kind: "user.deletion_asked" | "user.deletion_confirmed" | "user.deletion_taken_back" | "user.deleted",
  subject: number,
) => ({ place: {}, kind, subject, before: null, after: null });

/** Keeps the account of somebody who logs in although they have confirmed its deletion. */
export async function keepAccount(context: Context, userId: number): Promise<void> {
  if (!(await findDeletion(context.db, userId))?.erase_when) return;
  await transact(context, async (tx) => {
    if (!(await withdrawDeletion(tx, userId, "confirmed"))) return;
    const person = (await findUser(tx, userId))!;
    await record(tx, { actor: person, reason: null }, deletionEvent("user.deletion_taken_back", userId));
    await post(tx, context, [
      {
        recipients: [person.email],
        subject: "Your account stays",
        body: `Somebody logged in to the account ${person.username} on ${context.environment.PUBLIC_URL}, so it will not be deleted. If it was not you, change your password.\n`,
      },
    ]);
  });
}
