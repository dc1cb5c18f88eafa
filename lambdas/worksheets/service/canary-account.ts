import { deleteTokensOf, insertApiToken } from "../../accounts/db/tokens.ts";
import { findUserForLogin, insertUser } from "../../accounts/db/users.ts";
import { accountMade } from "../../accounts/service/accounts.ts";
import { record, thePlatform } from "../../accounts/service/audit.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { updatePerson } from "../db/people.ts";

/** It is longer than names that people may choose, so it is nobody else's. */
export const canaryUsername = "benchstack-canary";
/** A deploy gives it the same token again, so it need not end. */
const tokenDays = 100 * 365;

/**
 * Lets the canary in with a token, of which `hash` is the hash, and with no other: as a bot without a password, and with no
 * right but to use worksheets. Null takes its tokens away.
 */
export async function setCanary(db: Db, hash: Buffer | null): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const found = await findUserForLogin(tx, canaryUsername);
    if (found) await deleteTokensOf(tx, found.id, { except: null });
    if (hash === null) return;
    const userId = found?.id ?? (await makeAccount(tx));
    await updatePerson(tx, userId, { has_access: true });
    await insertApiToken(tx, { userId, hash, kind: "token", lifetimeDays: tokenDays, name: "canary" });
  });
}

async function makeAccount(tx: Tx): Promise<number> {
  const made = await insertUser(tx, {
    username: canaryUsername,
    email: `${canaryUsername}@localhost`,
    passwordHash: null,
    isBot: true,
    isSuperuser: false,
    emailIsConfirmed: false,
  });
  if (typeof made === "string")
    throw new Error(
      `The account ${canaryUsername} was deleted in the last 30 days, so the canary cannot have it now. Leave worksheets.canaryMinutes out until then.`,
    );
  await record(tx, thePlatform, accountMade(made));
  return made.id;
}
