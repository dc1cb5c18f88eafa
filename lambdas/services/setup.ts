import { migrate, type Db } from "../db/connection.ts";
import { findUserForLogin, insertUser } from "../db/users.ts";
import { ensureDefaultQueue, setPlatformToken } from "../db/workers.ts";
import { hashPassword, hashToken } from "./secrets.ts";

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
  await ensureDefaultQueue(db, defaultQueue);
  await setPlatformToken(db, hashToken(workerToken));
  const administratorIsNew = !(await findUserForLogin(db, administrator.username));
  if (administratorIsNew)
    await insertUser(db, {
      username: administrator.username,
      email: `${administrator.username}@localhost`,
      passwordHash: await hashPassword(administrator.password),
      isBot: false,
      isSuperuser: true,
    });
  return { applied, administratorIsNew };
}
