import { randomBytes } from "node:crypto";
import type { OfferedProfiles } from "../../contract/capacity-profile.ts";
import * as z from "zod";
import { migrate, type Db } from "../kernel/db/connection.ts";
import { makeAdministratorAgain } from "../accounts/db/administration.ts";
import { forgetMailedTokens } from "../accounts/db/mailed-tokens.ts";
import { deleteSecondFactor } from "../accounts/db/second-factors.ts";
import { deleteTokensOf } from "../accounts/db/tokens.ts";
import { findUserForLogin, insertUser } from "../accounts/db/users.ts";
import { setOfferedProfiles } from "../jobs/db/capacity-profiles.ts";
import { noteStarted } from "../jobs/db/reachability.ts";
import { setSealingKey } from "../jobs/db/registry-logins.ts";
import { ensureDefaultQueue, setPlatformToken } from "../jobs/db/workers.ts";
import { onEveryStep } from "../competitions/rules/run-steps.ts";
import { accountMade } from "../accounts/service/accounts.ts";
import { record, thePlatform } from "../accounts/service/audit.ts";
import { aboutUsernames, usernamePattern } from "../accounts/rules/username.ts";
import { setCanary } from "../worksheets/service/canary-account.ts";
import { Refusal } from "../kernel/refusal.ts";
import { hashPassword, hashToken } from "../kernel/secrets.ts";

/** The settings of a new platform. */
export interface SetupOrders {
  administrator: { username: string; password: string };
  defaultQueue: string;
  workerToken: string;
  /** The key with which logins of registries are sealed; null where no worker imports images. */
  sealingKey: string | null;
  /** The capacity profiles that queues choose from, by name. */
  profiles: OfferedProfiles;
  /** The hash of the canary's token; null without a canary. */
  canaryTokenHash: Buffer | null;
}

/** What `setUp` did. */
export interface Setup {
  /** Names of the migrations that were applied. */
  applied: string[];
  /** Names of the migrations of a later release, which this code does not know. */
  newer: string[];
  /** Whether the administrator was created, with the password from the orders. */
  administratorIsNew: boolean;
}

/**
 * Brings a platform's database up to date: the schema, the capacity profiles, the default queue, the workers' token, the
 * key of logins, the account of the canary and the first administrator. The password of an existing administrator is not changed. Safe to repeat.
 */
export async function setUp(
  db: Db,
  { administrator, defaultQueue, workerToken, sealingKey, profiles, canaryTokenHash }: SetupOrders,
): Promise<Setup> {
  const { applied, newer } = await migrate(db);
  await db.transaction().execute((tx) => setOfferedProfiles(tx, profiles));
  await ensureDefaultQueue(db, defaultQueue, onEveryStep("standard"));
  await setPlatformToken(db, hashToken(workerToken));
  await noteStarted(db);
  if (sealingKey !== null) await setSealingKey(db, sealingKey);
  await setCanary(db, canaryTokenHash);
  const administratorIsNew =
    !(await findUserForLogin(db, administrator.username)) && (await makeAdministrator(db, administrator)) === null;
  return { applied, newer, administratorIsNew };
}

/** Makes an account. Returns what of it is taken, also by an account that was deleted lately; null if nothing is. */
async function makeAdministrator(
  db: Db,
  { username, password }: SetupOrders["administrator"],
): Promise<"username" | "email" | null> {
  const passwordHash = await hashPassword(password);
  return db.transaction().execute(async (tx) => {
    const made = await insertUser(tx, {
      username,
      email: `${username}@localhost`,
      passwordHash,
      isBot: false,
      isSuperuser: true,
      emailIsConfirmed: false,
    });
    if (typeof made === "string") return made;
    await record(tx, thePlatform, accountMade(made));
    return null;
  });
}

/** Who gets into the platform again. */
export const recoveryOrders = z.strictObject({
  /** A username or mail address. */
  username: z.string().min(1),
  /** Whether to make an account with this username if there is none. */
  create: z.boolean().default(false),
});

/**
 * Gives whoever runs the platform a way in, when no administrator can log in any more: makes an account an administrator that is not banned,
 * with a new password and without a second factor, sessions and API tokens. Returns its username and the password, which is not stored. Null if
 * there is no such account. Refused if none can be made with this name.
 */
export async function recoverAdministrator(
  db: Db,
  { username, create }: z.output<typeof recoveryOrders>,
): Promise<{ username: string; password: string } | null> {
  const password = randomBytes(18).toString("base64url");
  const found = await findUserForLogin(db, username);
  if (!found) {
    if (!create) return null;
    if (!usernamePattern.test(username))
      throw new Refusal("invalid", "BAD_USERNAME", `No account can be called ${username}. ${aboutUsernames}`);
    if ((await makeAdministrator(db, { username, password })) !== null)
      throw new Refusal(
        "invalid",
        "TAKEN",
        `No account can be called ${username} now: one with this name was deleted in the last 30 days. Choose another name.`,
      );
    return { username, password };
  }
  const passwordHash = await hashPassword(password);
  await db.transaction().execute(async (tx) => {
    await makeAdministratorAgain(tx, found.id, passwordHash);
    await deleteSecondFactor(tx, found.id);
    await deleteTokensOf(tx, found.id, { except: null });
    await forgetMailedTokens(tx, found.id);
    await record(tx, thePlatform, {
      ...{ place: {}, kind: "user.recovered", subject: found.id },
      before: { is_superuser: found.is_superuser, is_banned: found.is_banned },
      after: { is_superuser: true, is_banned: false },
    });
  });
  return { username: found.username, password };
}
