import { migrate, type Db } from "../kernel/db/connection.ts";
import { findUserForLogin, insertUser } from "../accounts/db/users.ts";
import { noteStarted } from "../jobs/db/reachability.ts";
import { setSealingKey } from "../jobs/db/registry-logins.ts";
import { ensureDefaultQueue, setPlatformToken } from "../jobs/db/workers.ts";
import { onEveryStep } from "../competitions/rules/run-steps.ts";
import { accountMade } from "../accounts/service/accounts.ts";
import { record, thePlatform } from "../accounts/service/audit.ts";
import { hashPassword, hashToken } from "../kernel/secrets.ts";

/** The settings of a new platform. */
export interface SetupOrders {
  administrator: { username: string; password: string };
  defaultQueue: string;
  workerToken: string;
  /** The key with which logins of registries are sealed; null where no worker imports images. */
  sealingKey: string | null;
}

/** What `setUp` did. */
export interface Setup {
  /** Names of the migrations that were applied. */
  applied: string[];
  /** Whether the administrator was created, with the password from the orders. */
  administratorIsNew: boolean;
}

/**
 * Brings a platform's database up to date: the schema, the default queue, the workers' token, the key of logins and
 * the first administrator. The password of an existing administrator is not changed. Safe to repeat.
 */
export async function setUp(
  db: Db,
  { administrator, defaultQueue, workerToken, sealingKey }: SetupOrders,
): Promise<Setup> {
  const applied = await migrate(db);
  await ensureDefaultQueue(db, defaultQueue, onEveryStep("standard"));
  await setPlatformToken(db, hashToken(workerToken));
  await noteStarted(db);
  if (sealingKey !== null) await setSealingKey(db, sealingKey);
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
      emailIsConfirmed: false,
    });
    if (typeof made !== "string") await record(tx, thePlatform, accountMade(made));
  });
}
