import { migrate, type Db } from "../kernel/db/connection.ts";
import { findUserForLogin, insertUser } from "../accounts/db/users.ts";
import { ensureDefaultQueue, setPlatformToken } from "../jobs/db/workers.ts";
import { onEveryStep } from "../competitions/rules/run-steps.ts";
import { accountMade } from "../accounts/service/accounts.ts";
import { record, thePlatform } from "../accounts/service/audit.ts";
import { hashPassword, hashToken } from "../kernel/secrets.ts";

/** What a fresh platform is told. */
export interface SetupOrders {
  administrator: { username: string; password: string };
  defaultQueue: string;
  workerToken: string;
}

/** What setting up came to. */
export interface Setup {
  /** Names of the migrations that it applied. */
  applied: string[];
  /** Whether it made the administrator, with the password of the orders. */
  administratorIsNew: boolean;
}

/**
 * Brings a platform's database up to date: schema, the default queue, the token of its workers and the first
 * administrator, whose password is left alone once there is one. Safe to repeat.
 */
export async function setUp(db: Db, { administrator, defaultQueue, workerToken }: SetupOrders): Promise<Setup> {
  const applied = await migrate(db);
  await ensureDefaultQueue(db, defaultQueue, onEveryStep("standard"));
  await setPlatformToken(db, hashToken(workerToken));
  const administratorIsNew = !(await findUserForLogin(db, administrator.username));
  if (administratorIsNew) await makeAdministrator(db, administrator);
  return { applied, administratorIsNew };
}

async function makeAdministrator(db: Db, { username, password }: SetupOrders["administrator"]): Promise<void> {
  const passwordHash = await hashPassword(password);
  await db.transaction().execute(async (tx) => {
    const made = await insertUser(tx, {
      username,
      email: `${username}@localhost`,
      passwordHash,
      isBot: false,
      isSuperuser: true,
    });
    if (typeof made !== "string") await record(tx, thePlatform, accountMade(made));
  });
}
